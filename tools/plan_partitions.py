#!/usr/bin/env python3
"""Plans the partitions of the largest released shapes, on sparse files: headers of full size with holes for data.

    python tools/plan_partitions.py --work FOLDER [--partitions 8] [--cambium PROGRAM]

The model of 397 B parameters (60 layers, 512 experts) must be planned in less than 10 s and 64 MiB, with fused experts and with
split ones, which are 95,000 tensors, and no partition may have 5 % more bytes than the mean; that of 2.4 T parameters in FP8 must
be planned at all. Prints a row each; ends with 1 when one of them misses.
"""
import argparse
import json
import math
import os
import shutil
import struct
import subprocess
import sys
import time
from pathlib import Path

import plan_released as released

BOUND = (10, 64 << 20)
MODELS = [
    ("Qwen3.5-397B-A17B", "release", BOUND), ("Qwen3.5-397B-A17B", "split", BOUND), ("Qwen3.8-2.4T-A95B", "fp8", None),
]
MOST_ABOVE_MEAN = 0.05


def write(folder, config, made, limit=5 << 30):
    """Shards of so many bytes, or of one tensor that is larger, with an index."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    size = {name: released.BYTES[dtype] * math.prod(shape) for name, (dtype, shape) in made.items()}
    groups, held = [[]], 0
    for name in made:
        if groups[-1] and held + size[name] > limit:
            groups.append([])
            held = 0
        groups[-1].append(name)
        held += size[name]
    places = {}
    for number, group in enumerate(groups):
        file = f"model-{number + 1:05}-of-{len(groups):05}.safetensors"
        header, offset = {"__metadata__": {"format": "pt"}}, 0
        for name in group:
            dtype, shape = made[name]
            header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [offset, offset + size[name]]}
            offset += size[name]
            places[name] = file
        text = json.dumps(header, separators=(",", ":")).encode()
        with open(folder / file, "wb") as out:
            out.write(struct.pack("<Q", len(text)) + text)
            out.truncate(8 + len(text) + offset)
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": places}))
    (folder / "config.json").write_text(json.dumps(config))
    return sum(size.values()), len(groups)


# What a process has held counts for a program that it becomes: a small one is between this and the program.
LAUNCHER = """
import os, subprocess, sys
child = subprocess.Popen(sys.argv[2:])
_, status, usage = os.wait4(child.pid, 0)
open(sys.argv[1], "w").write(str(usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)))
sys.exit(os.waitstatus_to_exitcode(status) & 255)
"""


def measured(command, work):
    """What a program printed, with its seconds and the most memory that it held."""
    began, note = time.monotonic(), work / "memory"
    done = subprocess.run([sys.executable, "-S", "-c", LAUNCHER, str(note), *command], capture_output=True, env=released.ENVIRONMENT)
    return done.returncode, done.stdout, done.stderr.decode(), time.monotonic() - began, int(note.read_text())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", required=True)
    parser.add_argument("--partitions", type=int, default=8)
    parser.add_argument("--cambium", default=str(released.CAMBIUM))
    parser.add_argument("--whole", action="store_true", help="time and memory of the plan without partitions, too")
    arguments = parser.parse_args()
    work, failures = Path(arguments.work).resolve(), 0
    for model, layout, bounds in MODELS:
        config = released.configuration(model, "release")
        if layout in released.BLOCKS:
            config["quantization_config"] = released.BLOCKS[layout]
        made = released.tensors(config, layout)
        total, shards = write(work / "source", config, made)
        manifest = work / "manifest.json"
        manifest.write_text(json.dumps(
            {"cambium": 1, "source": "source", "pipeline": "mxfp4", "output": "out", "check": False}))
        row = f"{model}, {layout}: {len(made)} tensors, {total / 1e9:.0f} GB in {shards} shards"
        if arguments.whole:
            status, _, err, seconds, memory = measured([arguments.cambium, "plan", str(manifest)], work)
            print(f"     {row}: the plan alone: status {status}, {seconds:.1f} s, {memory >> 20} MiB {err[:200]}", flush=True)
        command = [arguments.cambium, "plan", str(manifest), "--partitions", str(arguments.partitions), "--json"]
        status, out, err, seconds, memory = measured(command, work)
        problems = [] if status == 0 else [f"status {status}: {err.strip()[:300]}"]
        above = 0.0
        if status == 0:
            partitions = json.loads(out)["targets"][0]["partitions"]
            bytes_ = [partition["bytes_read"] + partition["bytes_written"] for partition in partitions]
            above = max(bytes_) / (sum(bytes_) / arguments.partitions) - 1
            again = measured(command, work)[1]
            problems += [] if again == out else ["a second plan is another"]
            if bounds:
                problems += [f"{seconds:.1f} s"] if not seconds < bounds[0] else []
                problems += [f"{memory >> 20} MiB"] if not memory < bounds[1] else []
                problems += [f"{above:.1%} above the mean"] if not above <= MOST_ABOVE_MEAN else []
        failures += bool(problems)
        print(f"{'FAIL' if problems else 'ok  '} {row}: {seconds:.1f} s, {memory >> 20} MiB, {above:.1%} above the mean "
              + "; ".join(problems), flush=True)
        shutil.rmtree(work / "source")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
