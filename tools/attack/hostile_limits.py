#!/usr/bin/env python3
"""Proves that every command ends within its limits, with a coded error: memory, descriptors, threads, disk, output.

Merely large and hostile input: 92,160 and 150,000 tensors, 100 shards, archives and templates that grow. Poor
surroundings: 64 descriptors, hardly any threads, a full or closed standard output, a reader that left, no /proc. What
needs root (an ordinary user's limits, a mount) says so when it cannot be tried. Prints the peak resident memory of each.
"""

import argparse
import collections
import json
import os
import resource
import shutil
import struct
import subprocess
import sys
import time
from pathlib import Path

from attack_room import BUILD, NOBODY, ROOT, Untried, Wrong, expect
import small_checkpoint
from archive_bombs import MEBIBYTE, bombs


def peak(outcome, budget, what):
    """The peak is the budget and 32 MiB at most."""
    found = outcome.peak / MEBIBYTE
    print(f"    {what}: peak {found:.0f} MiB, budget {budget} MiB", flush=True)
    expect(found <= budget + 32, f"{what}: peak {found:.0f} MiB of {budget}")


# Large: headers of many tensors over files with holes.

def split_experts(folder, layers, experts, shards=8):
    """A checkpoint of Qwen3-Next's split form with one tensor for each expert and projection; the weights are holes."""
    folder.mkdir()
    hidden, width = 64, 32
    config = {
        "architectures": ["Qwen3NextForCausalLM"], "model_type": "qwen3_next", "attention_bias": False, "head_dim": 32,
        "hidden_size": hidden, "num_attention_heads": 2, "num_key_value_heads": 1, "num_hidden_layers": layers,
        "linear_conv_kernel_dim": 4, "linear_key_head_dim": 32, "linear_num_key_heads": 1, "linear_num_value_heads": 2,
        "linear_value_head_dim": 32, "max_position_embeddings": 2048, "rms_norm_eps": 1e-6, "vocab_size": 288,
        "num_experts": experts, "num_experts_per_tok": 2, "moe_intermediate_size": width, "full_attention_interval": 4,
        "shared_expert_intermediate_size": width, "intermediate_size": 64, "decoder_sparse_step": 1, "mlp_only_layers": [],
        "norm_topk_prob": True, "partial_rotary_factor": 0.25, "rope_scaling": None, "rope_theta": 10000000,
        "tie_word_embeddings": False, "torch_dtype": "bfloat16", "hidden_act": "silu", "bos_token_id": 256,
        "eos_token_id": 256}
    small_checkpoint.put(folder, "config.json", config)
    small_checkpoint.write_sidecars(folder)
    (folder / "preprocessor_config.json").unlink()
    tensors = list(split_tensors(layers, experts, hidden, width))
    step, places, total = -(-len(tensors) // shards), {}, 0
    for number in range(shards):
        part = [(name, "BF16", shape, 2 * small_checkpoint.elements(shape))
                for name, shape in tensors[number * step:(number + 1) * step]]
        name = f"model-{number + 1:05}-of-{shards:05}.safetensors"
        head, size = small_checkpoint.header(part), sum(row[3] for row in part)
        with open(folder / name, "wb") as file:
            file.write(head)
            file.truncate(len(head) + size)
        total += size
        places.update({row[0]: name for row in part})
    small_checkpoint.put(folder, "model.safetensors.index.json", {"metadata": {"total_size": total}, "weight_map": places})
    return len(tensors)


def split_tensors(layers, experts, hidden, width):
    yield "model.embed_tokens.weight", (288, hidden)
    for layer in range(layers):
        prefix = f"model.layers.{layer}."
        yield prefix + "input_layernorm.weight", (hidden,)
        yield prefix + "post_attention_layernorm.weight", (hidden,)
        if layer % 4 == 3:
            yield from small_checkpoint.attention(prefix + "self_attn.")
        else:
            delta = prefix + "linear_attn."
            yield delta + "in_proj_qkvz.weight", (192, hidden)
            yield delta + "in_proj_ba.weight", (4, hidden)
            yield delta + "conv1d.weight", (128, 1, 4)
            yield delta + "A_log", (2,)
            yield delta + "dt_bias", (2,)
            yield delta + "norm.weight", (32,)
            yield delta + "out_proj.weight", (hidden, 64)
        yield prefix + "mlp.gate.weight", (experts, hidden)
        for expert in range(experts):
            for name, shape in (("gate", (width, hidden)), ("up", (width, hidden)), ("down", (hidden, width))):
                yield f"{prefix}mlp.experts.{expert}.{name}_proj.weight", shape
        for name, shape in (("gate", (width, hidden)), ("up", (width, hidden)), ("down", (hidden, width))):
            yield f"{prefix}mlp.shared_expert.{name}_proj.weight", shape
        yield prefix + "mlp.shared_expert_gate.weight", (1, hidden)
    yield "model.norm.weight", (hidden,)
    yield "lm_head.weight", (288, hidden)


def least_budget(room, until):
    """The least budget that is accepted: the number that a refusal says, or the smallest."""
    budget = 16
    for _ in range(8):
        outcome = room.cambium("run", "m.json", "--memory", f"{budget}MiB", "--until", until, "--quiet", timeout=600)
        if outcome.status == 0:
            return outcome, budget
        numbers = [int(word) for word in outcome.text.replace("MiB", " ").split() if word.isdigit()]
        larger = [number for number in numbers if budget < number < 4096] or \
                 [number // MEBIBYTE + 1 for number in numbers if number > budget * MEBIBYTE]
        expect(outcome.code and larger, f"refused at {budget} MiB without the number that suffices: {outcome}")
        budget = min(larger)
    raise Wrong(f"refused at {budget} MiB, as the refusals before said")


def many_tensors(room, layers, experts):
    count = split_experts(room / "source", layers, experts)
    room.manifest(head="none")
    for command in (("inspect", "source"), ("plan", "m.json")):
        outcome = room.cambium(*command, timeout=600)
        print(f"    {count} tensors, {command[0]}: peak {outcome.peak / MEBIBYTE:.0f} MiB, {outcome.seconds:.1f} s, status "
              f"{outcome.status}", flush=True)
    outcome, budget = least_budget(room, "verify")
    peak(outcome, budget, f"run of {count} tensors at the least budget that is accepted ({outcome.seconds:.0f} s)")


def tensors_92160(room):
    """13 60 layers of 512 split experts (92,160 of experts): peak at most the least accepted budget + 32 MiB"""
    many_tensors(room, 60, 512)


def tensors_150000(room):
    """13 150,000 tensors: peak at most the least accepted budget + 32 MiB"""
    many_tensors(room, 97, 512)


def metadata_keys(room):
    """17 1.3 million metadata keys in one header: refused, or within 64 MiB + 32"""
    room.checkpoint()
    path = sorted((room / "source").glob("*.safetensors"))[0]
    data = path.read_bytes()
    size = int.from_bytes(data[:8], "little")
    head = json.loads(data[8:8 + size])
    head.pop("__metadata__", None)
    rest = json.dumps(head, separators=(",", ":"))[1:].encode()
    # Piece by piece: the programs begin as copies of this process, whose memory counts in their peak.
    with open(path, "wb") as file:
        file.write(bytes(8) + b'{"__metadata__":{')
        for number in range(1_300_000):
            file.write(b'%s"%x":""' % (b"," if number else b"", number))
        file.write(b"}," + rest)
        length = file.tell() - 8
        file.write(data[8 + size:])
        file.seek(0)
        file.write(struct.pack("<Q", length))
    room.manifest()
    for command in (("inspect", "source"), ("plan", "m.json"), ("run", "m.json", "--memory", "64MiB", "--quiet")):
        outcome = room.cambium(*command)
        expect(not outcome.crashed and (outcome.status == 0 or outcome.code), f"{command[0]}: {outcome}")
        peak(outcome, 64, command[0])


TEMPLATES = {
    "replace": "{{ ('a' * 900000) | replace('a', 'b' * 100) }}", "join": "{{ ((['ab'] * 400000) | join('c' * 300)) }}",
    "split": "{{ ('a ' * 4000000).split(' ') | length }}", "repeat": "{{ 'a' * 120000000 }}",
    "concatenate": "{% set ns = namespace(t='a') %}{% for i in range(40) %}{% set ns.t = ns.t ~ ns.t %}{% endfor %}{{ ns.t }}",
    "list": "{{ ([0] * 100000000) | length }}", "range": "{{ range(100000000) | list | length }}",
    "nested replace": "{{ ('a' * 4000) | replace('a', 'b' * 4000) | replace('b', 'c') }}",
    "tojson": "{{ (['\\u0001' * 1000] * 20000) | tojson }}", "upper": "{{ ('\u00df' * 4000000) | upper }}",
    "splitlines": "{{ ('\\n' * 8000000).splitlines() | length }}", "slices": "{{ ('ab' * 9000000)[::-1] | length }}",
    "indent": "{{ ('\\n' * 100000) | indent(2000) }}", "center": "{{ 'a' | center(200000000) }}",
    "escape": "{{ ('&' * 20000000) | e }}", "items": "{{ (dict(a=1).items() | list) * 20000000 }}",
}


def templates(room):
    """17 templates that grow by replace, join, split and their kind: an error, or peak at most 64 MiB + 32"""
    room.checkpoint()
    wrong = []
    for name, text in TEMPLATES.items():
        (room / "source" / "chat_template.jinja").write_text(text)
        outcome = room.runner("generate", "source", "--chat", "x", "--limit", "0", timeout=60)
        found = outcome.peak / MEBIBYTE
        print(f"    {name}: {found:.0f} MiB, {outcome.seconds:.1f} s, {outcome.code or outcome.status}", flush=True)
        if found > 96 or outcome.status == 124 or outcome.crashed:
            wrong.append(f"{name} {found:.0f} MiB")
    expect(not wrong, "; ".join(wrong))


# Descriptors.

def many_shards(room, shards, limit):
    room.checkpoint(shards=shards - 1)
    # A donor's are open at the same time.
    shutil.copytree(room / "source", room / "donor")
    room.manifest(donor="donor", head="replace")
    limits = {resource.RLIMIT_NOFILE: limit}
    for command in (("inspect", "source"), ("plan", "m.json"), ("run", "m.json", "--quiet"), ("verify", "o"),
                    ("run", "m.json", "--quiet"), ("diff", "source", "source"), ("package", "o", "--archive")):
        outcome = room.cambium(*command, limits=limits)
        expect(outcome.status == 0, f"{shards} shards, ulimit -n {limit}, {command[0]}: {outcome}")
    for command in (("generate", "source", "--prompt", "a", "--limit", "2"),
                    ("check", "source", "--limit", "2", "--depths", "1", "--quiet")):
        outcome = room.runner(*command, limits=limits)
        expect(outcome.status in (0, 2), f"{shards} shards, ulimit -n {limit}, {command[0]}: {outcome}")


def shards_256(room):
    """14 95 shards under ulimit -n 256, the default of macOS"""
    many_shards(room, 95, 256)


def shards_64(room):
    """14 100 shards under ulimit -n 64"""
    many_shards(room, 100, 64)


def few_descriptors(room):
    """14 ulimit -n from 4 to 20: success or a coded error that speaks of open files, no E_INPUT_CHANGED"""
    room.checkpoint()
    room.manifest()
    for limit in range(4, 21):
        for command in (("run", "m.json", "--quiet"), ("inspect", "source")):
            outcome = room.cambium(*command, limits={resource.RLIMIT_NOFILE: limit})
            if outcome.status == 127 or "shared librar" in outcome.text:
                continue
            expect(not outcome.crashed and outcome.status != 124, f"{limit}: {command[0]}: {outcome}")
            expect(outcome.status == 0 or outcome.code and outcome.code != "E_INPUT_CHANGED", f"{limit}: {command[0]}: {outcome}")
        shutil.rmtree(room / "o", ignore_errors=True)
        shutil.rmtree(room / "o.work", ignore_errors=True)


# Threads.

def few_threads(room):
    """07 an ordinary user's ulimit -u from 1 to 12: every command ends, with success or a coded error"""
    if os.getuid() != 0:
        raise Untried("the limits of another user take root")
    package = room.package()
    commands(room, package)
    subprocess.run(["chown", "-R", f"{NOBODY}:{NOBODY}", room.path], check=True)
    wrong = []
    for limit in (1, 2, 3, 4, 5, 6, 8, 12):
        ends = collections.Counter()
        for program, *command in commands(room, package):
            for left in ("again", "unpacked"):
                shutil.rmtree(room / left, ignore_errors=True)
            threads = [] if command[0] in ("sign", "plan", "inspect", "status", "audit", "init", "tokenize") else \
                ["--threads", "8"]
            outcome = room.run(program, *command, *threads, user=NOBODY, limits={resource.RLIMIT_NPROC: limit}, timeout=10)
            good = outcome.status in (0, 1, 2) and not outcome.crashed or outcome.code
            ends[outcome.code or f"status {outcome.status}"] += 1
            if outcome.status == 124 or outcome.crashed or not good:
                wrong.append(f"-u {limit}: {program} {command[0]}: {'hangs' if outcome.status == 124 else outcome}")
                print(f"    {wrong[-1]}", flush=True)
        print(f"    -u {limit}: {sum(ends.values())} commands: {dict(ends)}", flush=True)
        # Each that hangs takes its time.
        expect(len(wrong) < 24, f"{len(wrong)} up to -u {limit}, first {wrong[:1]}")
    expect(not wrong, f"{len(wrong)} of them, first {wrong[:1]}")


# Standard output.

def commands(room, package):
    """Every command of both programs, each with something to say."""
    if not (room / "k.pem").exists():
        subprocess.run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", room / "k.pem"], check=True,
                       stderr=subprocess.DEVNULL)
        room.must(room.cambium("package", package, "--archive", "--output", "kept.tar.zst"))
    room.manifest("again.json", output="again")
    return [
        ("cambium", "init", "source", "--dry-run"), ("cambium", "inspect", "source"), ("cambium", "plan", "o.json"),
        ("cambium", "status", "o.json"), ("cambium", "run", "o.json", "--dry-run"), ("cambium", "run", "again.json"),
        ("cambium", "verify", "o"), ("cambium", "audit", "o"), ("cambium", "diff", "o", "source"),
        ("cambium", "sign", "o", "--key", "k.pem", "--signature", "s.sig"),
        ("cambium", "package", "o", "--archive", "--output", "a.tar.zst"),
        ("cambium", "unpack", "kept.tar.zst", "--output", "unpacked"),
        ("verify-runner", "tokenize", "o", "ab cd"),
        ("verify-runner", "generate", "o", "--prompt", "ab", "--limit", "4"),
        ("verify-runner", "check", "o", "--limit", "2", "--depths", "1"),
        ("verify-runner", "trace", "o", "--ids", "1 2", "--limit", "2", "--output", "t"),
        ("verify-runner", "bench", "o", "--random-ids", "4", "--limit", "2", "--repetitions", "1", "--quiet"),
    ]


def spoken(room, package):
    """The commands with their texts, as JSON, as CSV and their help."""
    json_too = [(*command, "--json") for command in commands(room, package)]
    more = [("cambium", "audit", "o", "--csv"), ("cambium", "audit", "o", "--html", "a.html"), ("cambium", "--help"),
            ("cambium", "audit", "o", "--by", "role"), ("cambium", "--version"), ("verify-runner", "--help"),
            ("verify-runner", "tokenize", "o", "--decode", "65", "66"), ("cambium", "verify", "nothing", "--json"),
            ("verify-runner", "generate", "nothing", "--prompt", "x", "--json"), ("cambium", "init", "source", "--manifest", "n.json")]
    return commands(room, package) + json_too + more


def without_output(room, how, wants):
    package = room.package()
    wrong = []
    ends = collections.Counter()
    for command in spoken(room, package):
        for left in ("again", "again.work", "unpacked", "s.sig", "a.tar.zst", "n.json", "a.html", "t.json", "t.safetensors"):
            path = room / left
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        options, close = how()
        outcome = room.run(*command, timeout=60, **options)
        close()
        ends[outcome.status] += 1
        if outcome.status not in wants or outcome.crashed or b"Fatal" in outcome.err:
            wrong.append(" ".join(command))
            print(f"    {' '.join(command)}: status {outcome.status} {outcome.err[:80]!r}", flush=True)
        if "again" in command[2:3] and "run" in command and not (room / "again").exists():
            wrong.append("the run did not go on to its end")
    print(f"    {sum(ends.values())} commands, by status: {dict(ends)}", flush=True)
    expect(not wrong, f"{len(wrong)} commands, first {wrong[0] if wrong else ''}")


def full_output(room):
    """08 standard output on a full device: 74, in every command, and a run goes on to its end"""
    def how():
        file = open("/dev/full", "wb")
        return {"out": file}, file.close
    without_output(room, how, {74, 66})


def closed_output(room):
    """08 standard output closed: 74, in every command"""
    without_output(room, lambda: ({"out": None, "closed": (1,)}, lambda: None), {74, 66})


def reader_left(room):
    """08 the reader of standard output left (EPIPE): quietly 74, in every command"""
    def how():
        reader, writer = os.pipe()
        os.close(reader)
        return {"out": writer}, lambda: os.close(writer)
    without_output(room, how, {74, 66})


def full_error(room):
    """08 standard error on a full device: a run goes on"""
    room.package()
    with open("/dev/full", "wb") as file:
        room.manifest("again.json", output="again")
        outcome = room.cambium("run", "again.json", err=file)
    expect(outcome.status in (0, 74) and (room / "again").exists(), f"{outcome}")


def no_proc(room):
    """no /proc: every command works as with it, or says what is missing"""
    if os.getuid() != 0 or not shutil.which("unshare"):
        raise Untried("a mount takes root and unshare")
    package = room.package()
    prefix = ("unshare", "-m", "sh", "-c", 'mount -t tmpfs -o ro none /proc && exec "$@"', "sh")
    tried = commands(room, package) + [
        ("cambium", "pipelines"), ("cambium", "schema", "cambium_run"), ("cambium", "schema"), ("cambium", "clean", "again.json"),
        ("cambium", "run", "o.json", "--partition", "0/1", "--output", "parted", "--work", "parted.work"),
    ]
    for command in tried:
        outcome = room.run(*command, prefix=prefix, timeout=120)
        expect(outcome.status in (0, 1) and not outcome.crashed or outcome.code, f"{' '.join(command[:2])}: {outcome}")
        expect(outcome.status == 0 or command[1] == "diff", f"{' '.join(command[:2])}: {outcome}")
    print(f"    {len(tried)} commands", flush=True)


def bind_mount(room):
    """a second name by a mount: nothing is put into the source, nor is the source replaced"""
    if os.getuid() != 0 or not shutil.which("unshare"):
        raise Untried("a mount takes root and unshare")
    room.package()
    (room / "second").mkdir()
    before = sorted(path.name for path in (room / "source").iterdir())
    prefix = ("unshare", "-m", "sh", "-c", 'mount --bind source second && exec "$@"', "sh")
    for more in (("--output", "second/out"), ("--output", "second"), ("--output", "new", "--work", "second/deep/work"),
                 ("--output", "second", "--replace")):
        outcome = room.run("cambium", "run", "o.json", *more, prefix=prefix, timeout=120)
        expect(outcome.code in ("E_OUTPUT_INSIDE_INPUT", "E_OUTPUT_EXISTS"), f"{more}: {outcome}")
        expect(sorted(path.name for path in (room / "source").iterdir()) == before, f"{more}: the source is another one")


# Archives.

def archive_bombs(room):
    """16 an archive of a few hundred KB that becomes 8 GiB: refused before it is expanded"""
    for name, data in bombs((8 << 30) - 8 * MEBIBYTE):
        (room / "bomb.tar.zst").write_bytes(data)
        process = room.start("cambium", "unpack", "bomb.tar.zst", "--output", "out", out=subprocess.DEVNULL)
        most = 0
        while process.poll() is None:
            most = max(most, written(room.path))
            if most > 256 * MEBIBYTE:
                process.kill()
            time.sleep(0.02)
        said = process.communicate()[1].decode(errors="replace")
        print(f"    {name}: {len(data)} bytes, {most / MEBIBYTE:.0f} MiB written, status {process.returncode}", flush=True)
        for left in room.path.glob(".out*"):
            shutil.rmtree(left, ignore_errors=True)
        expect(most < 64 * MEBIBYTE, f"{name}: {most // MEBIBYTE} MiB were written")
        expect(process.returncode > 0 and "E_" in said, f"{name}: status {process.returncode} {said[:200]}")


def written(folder):
    """Bytes on the disk under the names that an unfinished unpacking has."""
    total = 0
    for left in Path(folder).glob(".out*"):
        for place, _, names in os.walk(left):
            for name in names:
                try:
                    total += 512 * os.lstat(os.path.join(place, name)).st_blocks
                except OSError:
                    pass
    return total


CASES = [shards_256, shards_64, few_descriptors, few_threads, full_output, closed_output, reader_left, full_error, no_proc, bind_mount,
         archive_bombs, templates, metadata_keys, tensors_92160, tensors_150000]
# Holes do not take memory there, and 8 GiB are to be seen.
ON_DISK = {archive_bombs, tensors_92160, tensors_150000}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="only cases whose names contain one of these")
    parser.add_argument("--binaries", type=Path, default=BUILD)
    parser.add_argument("--pipelines", type=Path, default=ROOT / "pipelines")
    options = parser.parse_args()
    from break_cases import perform
    sys.exit(perform(CASES, ON_DISK, options))


if __name__ == "__main__":
    main()
