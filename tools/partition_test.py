#!/usr/bin/env python3
"""Converts the demo by many processes and holds each package against that of one: N never shows in a byte.

    tools/partition_test.py [--cambium PROGRAM] [--seed 1] [--counts 1,2,5,50]

For each N: the partitions in a random order, each twice, two at a time, under changing TZ, LC_ALL, umask and numbers of threads;
some killed with -9 at a point of the program, one held by SIGSTOP and then killed; then one output flipped and one item deleted;
`status --missing` names what is to be done again, and the merge follows, which is killed at some points, twice each, and done again;
two at once end well or say that the other has the folder. The demo's trunk, converted and cut into shards, is
the source, so that there are files enough. Prints a line for each N; ends with 1 when one differs.
"""
import argparse
import concurrent.futures
import hashlib
import json
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ZONES, LOCALES, MASKS = ["UTC", "Asia/Kathmandu", "America/St_Johns"], ["C", "C.UTF-8", "tr_TR.UTF-8"], [0o022, 0o077, 0o002]
CRASHES = ["write:1", "write:4", "fsync:3", "rename:1", "rename:2", "rename:7", "journal:1", "remove:1"]
MERGE_CRASHES = [f"{call}:{number}" for call, most in (("rename", 16), ("remove", 12), ("write", 12), ("fsync", 12))
                 for number in range(1, most, 2)]
SHARDS = 7


class Bench:
    def __init__(self, cambium, folder):
        self.cambium, self.folder = cambium, folder
        self.manifest = folder / "manifest.json"

    def run(self, *arguments, crash=None, zone="UTC", locale="C", mask=0o022):
        environment = {**os.environ, "TZ": zone, "LC_ALL": locale, "CAMBIUM_PIPELINES": str(ROOT / "pipelines")}
        environment |= {"CAMBIUM_CRASH_AT": crash} if crash else {}
        return subprocess.run(
            [self.cambium, *map(str, arguments)], capture_output=True, text=True, env=environment, umask=mask, check=False)

    def need(self, expected, *arguments, **options):
        done = self.run(*arguments, **options)
        if done.returncode != expected:
            sys.exit(f"{' '.join(map(str, arguments))}: status {done.returncode}, expected {expected}\n{done.stdout}{done.stderr}")
        return done.stdout

    def prepare(self):
        """The demo, converted; its weights cut into shards; a manifest that gives them a head."""
        demo = json.loads((ROOT / "manifests/demo.json").read_text())
        (self.folder / "demo.json").write_text(json.dumps({
            "cambium": 1, "source": str(ROOT / "manifests" / demo["source"]), "head": "none", "pipeline": "mxfp4",
            "output": "trunk", "check": False}))
        self.need(0, "run", self.folder / "demo.json", "--quiet")
        shutil.rmtree(self.folder / "trunk.work")
        source = self.folder / "source"
        source.mkdir()
        for name in ("config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "README.md"):
            if (self.folder / "trunk" / name).exists():
                shutil.copy(self.folder / "trunk" / name, source / name)
        cut(self.folder / "trunk/model.safetensors", source)
        self.manifest.write_text(json.dumps({
            "cambium": 1, "source": "source", "donor": str(ROOT / "manifests" / demo["donor"]), "pipeline": "graft-only",
            "output": "single", "check": {"optional": True}}))

    def single(self):
        self.need(0, "run", self.manifest, "--quiet")
        return sums(self.folder / "single")

    def places(self, count):
        return ["--output", self.folder / f"of-{count}", "--work", self.folder / f"of-{count}.work"]

    def partitions(self, count, order, chance):
        """Runs partitions, two at a time. Those that are killed are not waited for."""

        def one(index):
            crash = chance.choice(CRASHES) if chance.random() < 0.25 else None
            done = self.run(
                "run", self.manifest, "--partition", f"{index}/{count}", "--threads", chance.randint(1, 3), "--quiet",
                *self.places(count), crash=crash, zone=chance.choice(ZONES), locale=chance.choice(LOCALES),
                mask=chance.choice(MASKS))
            if done.returncode not in (0, -signal.SIGKILL):
                return f"partition {index}/{count}: status {done.returncode}\n{done.stderr}"
            return None

        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            failures = [failure for failure in pool.map(one, order) if failure]
        if failures:
            sys.exit("\n".join(failures))

    def held(self, count):
        """A process that is stopped in the middle of its work, then killed."""
        environment = {**os.environ, "CAMBIUM_PIPELINES": str(ROOT / "pipelines"), "CAMBIUM_CRASH_AT": "write:2:stop"}
        child = subprocess.Popen(
            [self.cambium, "run", str(self.manifest), "--partition", f"0/{count}", "--quiet", *map(str, self.places(count))],
            env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 20
        while time.monotonic() < until:
            pid, status = os.waitpid(child.pid, os.WNOHANG | os.WUNTRACED)
            if pid:
                child.returncode = None if os.WIFSTOPPED(status) else os.waitstatus_to_exitcode(status)
                break
            time.sleep(0.01)
        if child.returncode is None:
            os.kill(child.pid, signal.SIGKILL)
            child.wait()

    def missing(self, count, *options):
        done = self.run("status", self.manifest, "--partitions", count, "--missing", *options, *self.places(count))
        if done.returncode not in (0, 75) or (done.returncode == 0) != (done.stdout.strip() == ""):
            sys.exit(f"status: {done.returncode}, {done.stdout}{done.stderr}")
        return numbers(done.stdout.strip())

    def complete(self, count, *options):
        for _ in range(3):
            open_ = self.missing(count, *options)
            if not open_:
                return
            for index in open_:
                self.need(0, "run", self.manifest, "--partition", f"{index}/{count}", "--quiet", *self.places(count))
        sys.exit(f"partitions of {count} do not end")

    def merges(self, count, chance):
        """Merges that are killed, each from the same finished items and gone on with by one that is killed, too; then two at once."""
        command = ["merge", self.manifest, "--settle", 0, "--quiet", *self.places(count)]
        output, work, kept = (self.folder / name for name in (f"of-{count}", f"of-{count}.work", "kept"))
        shutil.copytree(work, kept)
        made = None
        for point in chance.sample(MERGE_CRASHES, 6):
            for folder in (output, work):
                shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(kept, work)
            for _ in range(2):
                done = self.run(*command, crash=point)
                if done.returncode not in (0, -signal.SIGKILL):
                    sys.exit(f"merge, killed at {point}: status {done.returncode}\n{done.stderr}")
            self.need(0, *command)
            found = sums(output)
            if made not in (None, found):
                sys.exit(f"a merge that was killed at {point} made another package")
            made = found
        shutil.rmtree(output)
        shutil.rmtree(work)
        shutil.move(kept, work)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            ends = sorted(done.returncode for done in pool.map(lambda _: self.run(*command), range(2)))
        if ends[0] != 0 or ends[1] not in (0, 75):
            sys.exit(f"two merges at once: {ends}")

    def check(self, count, expected, seed):
        chance = random.Random(seed * 1000 + count)
        order = [index for index in range(count) for _ in range(2)]
        chance.shuffle(order)
        self.held(count)
        self.partitions(count, order, chance)
        self.complete(count)
        items = self.folder / f"of-{count}.work/items"
        files = sorted(path for path in items.glob("0*/*.safetensors"))
        flip(chance.choice(files[:-1]))
        shutil.rmtree(files[-1].parent)
        found = self.run("merge", self.manifest, "--settle", 0, "--quiet", *self.places(count))
        if found.returncode not in (2, 75) or (self.folder / f"of-{count}").exists():
            sys.exit(f"a damaged item was merged: status {found.returncode}\n{found.stderr}")
        if not self.missing(count, "--deep"):
            sys.exit("status --deep does not see what is damaged")
        self.complete(count, "--deep")
        self.merges(count, chance)
        left = [path.name for path in items.iterdir() if "attempt" in path.name]
        if left:
            sys.exit(f"attempts are left: {left}")
        made = sums(self.folder / f"of-{count}")
        differing = sorted(name for name in set(made) | set(expected) if made.get(name) != expected.get(name))
        print(f"{'ok  ' if not differing else 'FAIL'} N = {count}: {len(made)} files, {len(files)} of weights {differing}", flush=True)
        return not differing


def cut(file, folder):
    """A safetensors file as several, with an index."""
    raw = file.read_bytes()
    (length,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + length])
    metadata, data = header.pop("__metadata__", {}), raw[8 + length :]
    names, places = sorted(header), {}
    # What belongs to one matrix stays in one file.
    stems = sorted({name.rsplit(".", 1)[0] for name in names})
    for number in range(SHARDS):
        own = set(stems[number::SHARDS])
        group = [name for name in names if name.rsplit(".", 1)[0] in own]
        name, offset, rows, parts = f"model-{number + 1:05}-of-{SHARDS:05}.safetensors", 0, {"__metadata__": metadata}, []
        for tensor in group:
            begin, end = header[tensor]["data_offsets"]
            rows[tensor] = {**header[tensor], "data_offsets": [offset, offset + end - begin]}
            parts.append(data[begin:end])
            offset += end - begin
            places[tensor] = name
        text = json.dumps(rows).encode()
        text += b" " * (-len(text) % 8)
        (folder / name).write_bytes(struct.pack("<Q", len(text)) + text + b"".join(parts))
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": places}))


def sums(folder):
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*")) if path.is_file()}


def flip(path):
    with open(path, "r+b") as file:
        file.seek(-9, os.SEEK_END)
        byte = file.read(1)[0]
        file.seek(-9, os.SEEK_END)
        file.write(bytes([byte ^ 0x10]))


def numbers(text):
    """`0,3-7` as numbers."""
    found = []
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cambium", default=str(ROOT / ".build/release/cambium"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--counts", default="1,2,5,50")
    parser.add_argument("--only-prepare", action="store_true", help="make the source and the package of a single run, and end")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cambium-partitions-") as folder:
        bench = Bench(arguments.cambium, Path(folder))
        bench.prepare()
        expected = bench.single()
        weights = [name for name in expected if name.endswith(".safetensors")]
        print(f"     one run: {len(expected)} files, {len(weights)} of weights", flush=True)
        if arguments.only_prepare:
            return
        results = [bench.check(int(count), expected, arguments.seed) for count in arguments.counts.split(",")]
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
