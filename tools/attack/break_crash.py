"""Attacks that end in a crash: numbers in files, pictures, sizes, names, files that shrink. For break_cases.py."""

import hashlib
import json
import os
import re
import resource
import shutil
import signal
import struct
import subprocess
import time
import zlib

from attack_room import Untried, expect, tensor_place
from small_checkpoint import elements

CHECK = {"prompts": 1, "tokens": 3, "depths": [1]}
EXTREMES = ["-9223372036854775808", "9223372036854775807", "4611686018427387904", "-1", "0", "4294967296", "1e308"]


def good_end(outcome, what):
    """Success, or an error with a code: no crash, no hang."""
    expect(not outcome.crashed and outcome.status != 124, f"{what}: {outcome}")
    expect(outcome.status in (0, 1, 2, 64) or outcome.code, f"{what}: {outcome}")


def audit_shape(room):
    """22 a shape of -2^63 in audit.json: verify and audit end with a code"""
    room.package()
    path = room / "o" / "audit.json"
    audit = json.loads(path.read_text())
    for part in ("source", "written"):
        tensor = next(t for t in json.loads(json.dumps(audit))["tensors"] if t["verdict"] == "quantized")
        changed = json.loads(json.dumps(audit))
        for other in changed["tensors"]:
            if other["name"] == tensor["name"]:
                (other["source"] if part == "source" else other["written"][0])["shape"][-1] = -2 ** 63
        path.write_text(json.dumps(changed))
        for command in (("verify", "o"), ("audit", "o"), ("audit", "o", "--html", "a.html")):
            good_end(room.cambium(*command), f"{part}: {command[0]}")


def integers(text):
    """Places of the whole numbers of a JSON text that stand outside strings."""
    plain = re.sub(r'"(?:[^"\\]|\\.)*"', lambda found: " " * len(found.group()), text)
    return [found.span() for found in re.finditer(r"-?\d+(?![\d.eE])(?<![.\d]-)", plain)
            if plain[found.start() - 1] not in ".eE+"]


def numbers_in(room, folder, name, commands, limit=60):
    """Every whole number of a JSON file (spread, if there are many) replaced by every extreme."""
    path = room / folder / name
    text = path.read_text()
    places = integers(text)
    wrong = []
    for begin, end in places[::max(1, len(places) // limit)]:
        for extreme in EXTREMES:
            path.write_text(text[:begin] + extreme + text[end:])
            for program, *command in commands:
                outcome = room.run(program, *command, timeout=20)
                if outcome.crashed or outcome.status == 124:
                    near = text[max(0, begin - 60):begin].replace("\n", " ")
                    wrong.append(f"{program} {command[0]}: {extreme} behind {near.strip()[-50:]!r}: status {outcome.status}")
    path.write_text(text)
    for line in wrong[:10]:
        print(f"    {line}", flush=True)
    expect(not wrong, f"{len(wrong)} crashes or hangs, first {wrong[:1]}")


def audit_numbers(room):
    """22 no number in audit.json makes a command crash"""
    room.package()
    numbers_in(room, "o", "audit.json", [("cambium", "verify", "o"), ("cambium", "audit", "o", "--by", "role"),
                                         ("cambium", "audit", "o", "--html", "a.html")])


def config_numbers(room):
    """22 no number in a source's config.json makes a command crash"""
    room.checkpoint(experts=4)
    room.manifest(check=CHECK)
    numbers_in(room, "source", "config.json",
               [("cambium", "inspect", "source"), ("cambium", "plan", "m.json"),
                ("verify-runner", "trace", "source", "--ids", "1", "--limit", "1", "--output", "t")], 200)


def package_config_numbers(room):
    """22 no number in a package's config.json makes verify or the runner crash"""
    room.package()
    numbers_in(room, "o", "config.json",
               [("cambium", "verify", "o"), ("verify-runner", "generate", "o", "--prompt", "a", "--limit", "1")], 200)


def index_numbers(room):
    """22 no number in an index, a tokenizer or a processor's settings makes a command crash"""
    room.package()
    for name in ("model.safetensors.index.json", "preprocessor_config.json", "generation_config.json", "tokenizer.json",
                 "tokenizer_config.json"):
        numbers_in(room, "o", name, [("cambium", "verify", "o"), ("verify-runner", "tokenize", "o", "ab"),
                                     ("verify-runner", "generate", "o", "--prompt", "a", "--limit", "1")], 12)


def picture_numbers(room):
    """22 no number in a processor's settings makes a picture crash the runner"""
    room.package()
    (room / "a.png").write_bytes(picture(40, 40))
    numbers_in(room, "o", "preprocessor_config.json",
               [("verify-runner", "generate", "o", "--chat", "x", "--image", "a.png", "--limit", "1")], 40)


def picture(width, height):
    """A grey PNG."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + bytes([128]) * (3 * width)) * height
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def huge_picture(room):
    """16 settings that make a picture of 2^32 pixels are refused before it is made"""
    room.package()
    (room / "a.png").write_bytes(picture(40, 40))
    path = room / "o" / "preprocessor_config.json"
    settings = json.loads(path.read_text())
    settings["size"] = {"longest_edge": 1 << 32, "shortest_edge": 1 << 32}
    path.write_text(json.dumps(settings))
    outcome = room.runner("generate", "o", "--chat", "x", "--image", "a.png", "--limit", "1", timeout=30,
                          limits={resource.RLIMIT_AS: 4 << 30})
    expect(not outcome.crashed and outcome.status != 124 and outcome.code, f"{outcome}")
    expect(outcome.peak < 256 << 20, f"peak {outcome.peak >> 20} MiB")


def reshaped(room, name, shape, dtype="BF16"):
    """A source whose file says another shape of one tensor; its bytes are holes."""
    path = tensor_place(room / "source", name)[0]
    with open(path, "rb") as file:
        size = int.from_bytes(file.read(8), "little")
        head = json.loads(file.read(size))
    offset = 0
    for key, record in head.items():
        if key == "__metadata__":
            continue
        begin, end = record["data_offsets"]
        length = end - begin
        if key == name:
            record["shape"], record["dtype"] = list(shape), dtype
            length = elements(shape) * (4 if dtype == "F32" else 2)
        record["data_offsets"] = [offset, offset + length]
        offset += length
    text = json.dumps(head, separators=(",", ":")).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        try:
            file.truncate(8 + len(text) + offset)
        except OSError:
            raise Untried("this file system has no file of that size") from None


def empty_head_matrix(room):
    """22 a head's matrix without rows and with 2^62 columns is refused"""
    for shape in ([0, 1 << 62], [0, 1 << 40], [1, 1 << 33]):
        room.checkpoint()
        reshaped(room, "mtp.fc.weight", shape, "F32")
        room.manifest()
        for command in (("inspect", "source"), ("plan", "m.json")):
            good_end(room.cambium(*command, timeout=30, limits={resource.RLIMIT_AS: 8 << 30}), f"{shape}: {command[0]}")


def sums_beyond_all(room):
    """22 shards whose sizes add up to more than 2^63 bytes are refused"""
    room.checkpoint()
    # Each just below the 2^60 bytes whose bits an Int still counts, and seven to a file at most.
    for layer in (0, 1, 2):
        for part in ("gate_proj", "up_proj", "down_proj"):
            reshaped(room, f"model.language_model.layers.{layer}.mlp.{part}.weight", [1 << 29, (1 << 30) - (1 << 20)])
    room.manifest()
    for command in (("inspect", "source"), ("plan", "m.json")):
        good_end(room.cambium(*command, timeout=60), command[0])


def non_ascii_names(room):
    """11 manifests and outputs with names in other scripts work, and nothing beside them is touched"""
    room.checkpoint()
    deep = room / "deep" / "er"
    deep.mkdir(parents=True)
    shutil.copytree(room / "source", deep / "source")
    for name in ("\u043c\u043e\u0434\u0435\u043b\u044c", "\u00e9t\u00e9", "e\u0301te\u0301", "\u6a21\u578b", "\U0001f33f"):
        room.manifest(f"deep/er/{name}.json", output=name + "-out", check=CHECK)
        outcome = room.convert(deep / f"{name}.json")
        expect(outcome.status == 0, f"{name}: {outcome}")
        outcome = room.cambium("verify", deep / (name + "-out"))
        expect(outcome.status == 0, f"{name}: verify: {outcome}")
        outcome = room.cambium("package", deep / (name + "-out"), "--archive")
        expect(outcome.status == 0, f"{name}: package: {outcome}")


def hidden_suffix(room):
    """11 a weight file whose suffix Swift does not see as characters is seen as bytes"""
    room.package()
    name = "x\u0600.safetensors"
    shard = next((room / "o").glob("model*.safetensors"))
    shutil.copy(shard, room / "o" / name)
    sums = room / "o" / "SHA256SUMS"
    rows = sums.read_text().splitlines() + [f"{hashlib.sha256(shard.read_bytes()).hexdigest()}  {name}"]
    sums.write_text("\n".join(sorted(rows, key=lambda row: row[66:].encode())) + "\n")
    outcome = room.cambium("verify", "o")
    headers = [line for line in outcome.text.splitlines() if " headers:" in line or " tensors:" in line]
    expect(outcome.status == 2 and any("FAIL" in line for line in headers), f"{outcome}: {headers}")


def manifest_numbers(room):
    """22 no number in a lock, a receipt or a check report makes a command crash"""
    room.checkpoint()
    room.manifest(check=CHECK)
    room.must(room.convert())
    run = ("cambium", "run", "m.json", "--quiet")
    numbers_in(room, ".", "m.lock.json", [("cambium", "run", "m.json", "--locked", "--quiet")], 6)
    for stage in ("inspect", "quantize", "verify", "check", "package"):
        numbers_in(room, f"o.work/{stage}", "receipt.json", [run, ("cambium", "status", "m.json")], 4)
    numbers_in(room, ".", "o.check.json", [("cambium", "audit", "o", "--html", "a.html")], 20)


# 15: files that shrink.

def cut_weights(folder):
    """Cuts the weights of a folder; what gives them back."""
    whole = [(path, path.read_bytes()) for path in folder.glob("*.safetensors")]
    for path, _ in whole:
        os.truncate(path, 4096)
    return lambda: [path.write_bytes(data) for path, data in whole]


def ends_well(process, command):
    try:
        said = process.communicate(timeout=60)[1].decode(errors="replace")
    except subprocess.TimeoutExpired:
        process.kill()
        said = "hangs"
    expect(process.returncode >= 0, f"{command}: signal {-process.returncode} when the package shrinks")
    expect(process.returncode == 0 or "E_" in said, f"{command}: status {process.returncode} {said[:200]}")


def shrinks(room, *command, moments, by_text=False):
    """The weights are cut while the runner works, each time after so many bytes of its text, or notes of its progress.
    It stands still meanwhile."""
    room.package()
    for moment in moments:
        # Unbuffered: what is not read here is communicate's.
        process = room.start("verify-runner", *command, bufsize=0)
        stream = process.stdout if by_text else process.stderr
        for _ in range(moment):
            while (byte := stream.read(1)) and not by_text and byte != b"\n":
                pass
            expect(byte, f"{command[0]}: ended before the moment {moment}: nothing is shown")
        process.send_signal(signal.SIGSTOP)
        restore = cut_weights(room / "o")
        process.send_signal(signal.SIGCONT)
        ends_well(process, command[0])
        restore()


def shrinks_after(room, *command, delays):
    """As `shrinks`, of a command that says nothing while it works: at moments that the clock chooses."""
    room.package()
    for delay in delays:
        process = room.start("verify-runner", *command, out=subprocess.DEVNULL)
        time.sleep(delay)
        restore = cut_weights(room / "o") if process.poll() is None else None
        ends_well(process, command[0])
        if not restore:
            break
        restore()


def shrinks_in_generate(room):
    """15 the package is truncated during generate: an error that names the file"""
    shrinks(room, "generate", "o", "--prompt", "ab", "--limit", "3000", moments=(1, 2, 8, 32), by_text=True)


def shrinks_in_check(room):
    """15 the package is truncated during check"""
    shrinks(room, "check", "o", "--limit", "2000", moments=(1, 2, 3))


def shrinks_in_trace(room):
    """15 the package is truncated during trace"""
    shrinks_after(room, "trace", "o", "--ids", "1 2 3", "--limit", "1000", "--output", "t",
                  delays=[0.05 * number for number in range(1, 9)])


def shrinks_in_bench(room):
    """15 the package is truncated during bench"""
    shrinks(room, "bench", "o", "--random-ids", "8", "--limit", "1000", moments=(1, 2, 3))


def shrinks_in_run(room):
    """15 the work folder's weights are truncated during the check stage of a run"""
    room.package()
    room.manifest("o.json", check={"prompts": 4, "tokens": 400, "depths": [1, 3]})
    process = room.start("cambium", "run", "o.json", "--quiet", out=subprocess.DEVNULL)
    end = time.monotonic() + 30
    while not (room / "o.work" / "check" / "package").exists() and time.monotonic() < end:
        time.sleep(0.005)
    time.sleep(0.4)
    for path in (room / "o.work" / "quantize").glob("*.safetensors"):
        os.truncate(path, 4096)
    said = process.communicate()[1].decode(errors="replace")
    expect(process.returncode > 0 and "E_" in said, f"status {process.returncode} {said[:200]}")


CASES = [audit_shape, audit_numbers, config_numbers, package_config_numbers, index_numbers, picture_numbers, huge_picture,
         empty_head_matrix, sums_beyond_all, non_ascii_names, hidden_suffix, manifest_numbers, shrinks_in_generate,
         shrinks_in_check, shrinks_in_trace, shrinks_in_bench, shrinks_in_run]
ON_DISK = set()
