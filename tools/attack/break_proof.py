"""Attacks on what a package proves: sources that change, caches that lie, names that look alike, numbers that are none.
For break_cases.py."""

import hashlib
import json
import mmap
import os
import re
import shutil
import signal
import subprocess

from attack_room import Untried, expect, plant, tensor_place, tree
from break_ownership import stopped_where

CHECK = {"prompts": 1, "tokens": 3, "depths": [1]}


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def sound(room, what):
    """A package whose sums, lock and provenance name the bytes that are in it, and which verifies."""
    rows = [line.split("  ", 1) for line in (room / "o" / "SHA256SUMS").read_text().splitlines()]
    for listed, name in rows:
        expect(digest(room / "o" / name) == listed, f"{what}: status 0, and {name} is not what SHA256SUMS says")
    outcome = room.cambium("verify", "o")
    expect(outcome.status == 0, f"{what}: status 0, and verify says no: {outcome}")
    lock = {file["path"]: file.get("sha256") for file in json.loads((room / "m.lock.json").read_text())["files"]}
    provenance = (room / "o" / "provenance.json").read_text()
    for name in ("chat_template.jinja", "tokenizer.json"):
        found = digest(room / "o" / name)
        expect(lock["source/" + name] == found, f"{what}: {name} in the package and in the lock differ")
        expect(provenance.count(found) >= 2, f"{what}: {name} in the package is not the source of the provenance")
    expect(lock["source/config.json"] in provenance, f"{what}: lock and provenance name two config.json")


STAGES = ("inspect", "quantize", "verify", "check", "package")


def changed_meanwhile(room, name, change):
    """A small file of the source is changed at the beginning of each stage."""
    for stage in STAGES:
        room.checkpoint()
        room.manifest(check=CHECK)
        path, work = room / "source" / name, room / "o.work"
        for _ in range(20):
            process = room.start("cambium", "run", "m.json", "--quiet", out=subprocess.DEVNULL)
            in_time = stopped_where(room, process, (work / stage).is_dir)
            old = path.read_bytes()
            path.write_bytes(change(old))
            process.send_signal(signal.SIGCONT)
            said = process.communicate()[1].decode(errors="replace")
            if not in_time:
                path.write_bytes(old)
            else:
                what = f"{name} at {stage}"
                if process.returncode == 0:
                    sound(room, what)
                else:
                    expect("E_INPUT_CHANGED" in said or "E_FILE_CHANGED" in said, f"{what}: {said[:200]}")
            for left in ("o", "o.work", "m.lock.json", "o.check.json"):
                shutil.rmtree(room / left, ignore_errors=True)
                (room / left).unlink(missing_ok=True) if not (room / left).is_dir() else None
            if in_time:
                break


def template_same_size(room):
    """03 chat_template.jinja changes during a run, in place and of one size: E_INPUT_CHANGED, or one version everywhere"""
    changed_meanwhile(room, "chat_template.jinja", lambda old: old.replace(b"assistant", b"Assistant"))


def template_other_size(room):
    """03 chat_template.jinja becomes longer during a run: E_INPUT_CHANGED, no fault in cambium"""
    changed_meanwhile(room, "chat_template.jinja", lambda old: old + b"{# more #}")


def config_changes(room):
    """03 config.json changes during a run: E_INPUT_CHANGED, or one version everywhere"""
    changed_meanwhile(room, "config.json", lambda old: old.replace(b'"rms_norm_eps": 1e-06', b'"rms_norm_eps": 1e-05'))


def tokenizer_changes(room):
    """03 tokenizer.json changes during a run: E_INPUT_CHANGED, or one version everywhere"""
    changed_meanwhile(room, "tokenizer.json", lambda old: old + b"\n")


def written_through_mapping(room):
    """18 a source written through mmap, whose ctime does not move: noticed by --rederive, as the page says"""
    room.checkpoint()
    room.manifest()
    room.must(room.convert())
    before = tree(room / "o")
    path, offset, length, _, _ = tensor_place(room / "source", "lm_head.weight")
    stamp = os.stat(path).st_ctime_ns
    with open(path, "r+b") as file:
        with mmap.mmap(file.fileno(), 0) as mapped:
            mapped[offset + length // 2] ^= 0x3f
    if os.stat(path).st_ctime_ns != stamp:
        raise Untried("this file system notices writes through a mapping")
    outcome = room.cambium("verify", "o", "--rederive", "m.json")
    expect(outcome.status == 2, f"verify --rederive: {outcome}")
    expect(tree(room / "o") == before, "the package was changed by looking at it")


def look_alike_names(room):
    """11 an unlisted name that is equal to a listed one in Unicode, and not in bytes, is refused everywhere"""
    room.checkpoint()
    (room / "source" / "LICENSE-\u00e9.txt").write_text("free\n")
    room.manifest()
    room.must(room.convert())
    expect((room / "o" / "LICENSE-\u00e9.txt").exists(), "preparation: the licence is not in the package")
    room.must(room.cambium("verify", "o"))
    (room / "o" / "LICENSE-e\u0301.txt").write_text("evil\n")
    outcome = room.cambium("verify", "o")
    expect(outcome.status == 2, f"verify: {outcome}")
    outcome = room.cambium("package", "o", "--archive")
    expect(outcome.status not in (0, 64), f"package --archive: {outcome}")


def digest_cache(room):
    """D1 a false digest in the work folder's cache changes nothing that is published"""
    room.checkpoint()
    room.manifest()
    room.must(room.convert())
    reference = tree(room / "o")
    cache = room / "o.work" / "digests.json"
    saved = room / "saved"
    shutil.copytree(room / "o.work", saved)
    good = json.loads(cache.read_text())
    for number, entry in enumerate(good["files"]):
        for kind in ("sha256", "tree_sha256", "units_sha256"):
            if kind not in entry:
                continue
            for again in ("package", "verify", "inspect", "quantize"):
                false = json.loads(json.dumps(good))
                false["files"][number][kind] = flipped(entry[kind])
                cache.write_text(json.dumps(false, separators=(",", ":")))
                shutil.rmtree(room / "o.work" / again)
                shutil.rmtree(room / "o", ignore_errors=True)
                outcome = room.convert()
                what = f"{kind} of {os.path.basename(entry['path'])}, {again} done again"
                if outcome.status == 0:
                    expect(tree(room / "o") == reference, f"{what}: status 0 and another package")
                for left in ("o", "o.work"):
                    shutil.rmtree(room / left, ignore_errors=True)
                restore(saved, room / "o.work")
                (room / "m.lock.json").unlink(missing_ok=True)


def restore(saved, place):
    """With the inodes and times that the cache names, as far as they can be kept."""
    shutil.copytree(saved, place)


def flipped(text):
    return ("0" if text[0] != "0" else "1") + text[1:]


def edited_config(room, change, pipeline="graft-only", **settings):
    """A package as the source of another one, with its config.json changed; what is published verifies."""
    room.package("first", **settings)
    path = room / "first" / "config.json"
    config = json.loads(path.read_text())
    change(config)
    path.write_text(json.dumps(config, indent=2))
    room.manifest("second.json", source="first", output="second", pipeline=pipeline)
    agrees(room, room.convert("second.json"), "second")


def one_quantization_block(room):
    """D2 graft-only from a model with quantization and no quantization_config: what run publishes, verify accepts"""
    edited_config(room, lambda config: config.pop("quantization_config", None))


def other_quantization_block(room):
    """D2 graft-only from a model with quantization_config alone"""
    edited_config(room, lambda config: config.pop("quantization"))


def stray_block(room):
    """D2 graft-only from bf16 with a stray quantization block, under either name and both"""
    room.checkpoint()
    room.manifest("first.json", output="first", pipeline="graft-only")
    room.must(room.convert("first.json"))
    for source in ("source", "first"):
        path = room / source / "config.json"
        clean = path.read_text()
        for keys in (("quantization",), ("quantization_config",), ("quantization", "quantization_config")):
            path.write_text(json.dumps(json.loads(clean) | {key: {"bits": 4, "group_size": 64} for key in keys}))
            name = f"{source}-{len(keys)}-{keys[0]}"
            room.manifest(name + ".json", source=source, output=name, pipeline="graft-only")
            agrees(room, room.convert(name + ".json"), name)
            path.write_text(clean)


def agrees(room, outcome, name):
    """What was published verifies; what was not was refused for what it is."""
    if outcome.status == 0:
        verdict = room.cambium("verify", name)
        expect(verdict.status == 0, f"{name}: run published it, and verify says: {verdict}")
    else:
        expect(outcome.status == 65 and outcome.code, f"{name}: {outcome}")


def wrong_bits(room):
    """D2 graft-only with wrong bits in the blocks"""
    def change(config):
        for key in ("quantization", "quantization_config"):
            config[key]["bits"] = 8
    edited_config(room, change)


def wrong_group(room):
    """D2 graft-only with a wrong group size in the blocks"""
    def change(config):
        for key in ("quantization", "quantization_config"):
            config[key]["group_size"] = 64
    edited_config(room, change)


# 05 and D3: numbers that are none.

def final_norm(room):
    """05 NaN in the last element of the final norm: run refuses it by name"""
    room.checkpoint()
    plant(room / "source", "model.language_model.norm.weight", "nan")
    room.manifest(check=CHECK | {"acceptance_floor": 0.5})
    outcome = room.convert()
    expect(outcome.status not in (0, 64) and outcome.code and "norm.weight" in outcome.text, f"{outcome}")
    expect("9.99999999" not in outcome.text, "NaN is printed as 9.99999999")
    expect(not (room / "o").exists(), "the package is there")


def published_nan(room):
    """05 NaN in a published package whose audit, sums and provenance were made to match: verify names the tensor"""
    room.package()
    name = "language_model.model.norm.weight"
    plant(room / "o", name, "nan")
    forge(room)
    outcome = room.cambium("verify", "o")
    expect(outcome.status == 2 and name in outcome.text, f"{outcome}")


def forge(room):
    """Makes audit.json, provenance.json and SHA256SUMS say what the files of the package are."""
    package = room / "o"
    audit = package / "audit.json"
    for found, stated in re.findall(r"tree_sha256 ([0-9a-f]{64}), the audit says ([0-9a-f]{64})",
                                    room.cambium("verify", "o").text):
        audit.write_text(audit.read_text().replace(stated, found))
    sums = package / "SHA256SUMS"
    for last in (False, True):
        for line in sums.read_text().splitlines():
            stated, name = line.split("  ", 1)
            found = digest(package / name)
            if found == stated or (name == "provenance.json") != last:
                continue
            sums.write_text(sums.read_text().replace(stated, found))
            provenance = package / "provenance.json"
            if not last:
                provenance.write_text(provenance.read_text().replace(stated, found))


def runs_of_nan(room):
    """05 every command that computes logits ends by name on a model of NaN, and ends"""
    room.checkpoint()
    plant(room / "source", "model.language_model.norm.weight", "nan")
    for command in (("generate", "source", "--prompt", "ab", "--limit", "4"),
                    ("generate", "source", "--prompt", "ab", "--limit", "4", "--temperature", "0.8", "--top-p", "0.9"),
                    ("check", "source", "--limit", "3", "--depths", "1", "--quiet", "--min-acceptance", "0.5"),
                    ("trace", "source", "--ids", "1 2", "--limit", "2", "--output", "t"),
                    ("bench", "source", "--random-ids", "4", "--limit", "2", "--repetitions", "1", "--quiet")):
        outcome = room.runner(*command, timeout=60)
        expect(outcome.status not in (0, 64, 124) and outcome.code and not outcome.crashed,
               f"{' '.join(command[:1])} {' '.join(command[6:])}: {outcome}")


def sampling_of_nan(room):
    """05 sampling from logits that are no numbers ends, with and without top-p and top-k"""
    room.checkpoint()
    plant(room / "source", "model.language_model.norm.weight", "nan")
    for options in ((), ("--top-p", "0.9"), ("--top-k", "5")):
        for depth in ("off", "2"):
            outcome = room.runner("generate", "source", "--prompt", "ab", "--limit", "3", "--temperature", "0.8", "--mtp",
                                  depth, *options, timeout=20)
            expect(outcome.status not in (0, 64, 124) and outcome.code, f"{options} {depth}: {outcome}")


def zero_tensor(room):
    """D3 a tensor of zeros has no cosine: no NaN and no 9.99999999 in any text"""
    room.checkpoint()
    path, offset, length, _, _ = tensor_place(room / "source", "model.language_model.layers.0.mlp.up_proj.weight")
    with open(path, "r+b") as file:
        file.seek(offset)
        file.write(bytes(length))
    room.manifest()
    outcome = room.convert()
    texts = outcome.text + "".join((room / "o" / name).read_text() for name in ("README.md", "audit.json", "audit.html")
                                   if (room / "o" / name).exists())
    expect(outcome.status == 0, f"{outcome}")
    expect("9.99999999" not in texts and '"nan"' not in texts.lower(), "a measure that is none is printed as a number")


CASES = [template_same_size, template_other_size, config_changes, tokenizer_changes, written_through_mapping,
         look_alike_names, digest_cache, one_quantization_block, other_quantization_block, stray_block,
         wrong_bits, wrong_group, final_norm, published_nan, runs_of_nan, sampling_of_nan,
         zero_tensor]
ON_DISK = set()
