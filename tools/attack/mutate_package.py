#!/usr/bin/env python3
"""Proves that `cambium verify` notices every single change of a package: each byte, name and kind of each file.

A small package with tower, head and sidecars is made once and signed. Then each file in turn has a bit flipped (at its
beginning, middle and end), is truncated, appended to, renamed, removed, and replaced by a link and by a folder; a file
and a folder are added, hidden ones too; and so many random bytes are changed. After each change `verify` must not end
with 0. How many `verify --public-key` and mlx-lm notice is counted for comparison. Ends with 1 when `verify` missed one.
"""

import argparse
import collections
import concurrent.futures
import os
import random
import select
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

from attack_room import BUILD, ROOT, Room, wait

SIGNATURE = "model.sig"


class Change:
    """One change of a package, and what undoes it."""

    def __init__(self, kind, name, make):
        self.kind, self.name, self.make = kind, name, make


def flip(at, bit):
    def make(path):
        data = bytearray(path.read_bytes())
        data[at] ^= bit
        return rewrite(path, bytes(data))
    return make


def rewrite(path, data):
    """Replaces the content; the undoing puts the old one back."""
    old = path.read_bytes()
    path.write_bytes(data)
    return lambda: path.write_bytes(old)


def truncate(count):
    return lambda path: rewrite(path, path.read_bytes()[:-count])


def append(tail):
    return lambda path: rewrite(path, path.read_bytes() + tail)


def rename(path):
    other = path.with_name(path.name + "x")
    path.rename(other)
    return lambda: other.rename(path)


def remove(path):
    aside = path.parent.parent / "aside"
    path.rename(aside)
    return lambda: aside.rename(path)


def by_link(path):
    """A symbolic link to the same bytes, outside the package."""
    back = remove(path)
    path.symlink_to(path.parent.parent / "aside")

    def undo():
        path.unlink()
        back()

    return undo


def by_folder(path):
    back = remove(path)
    path.mkdir()

    def undo():
        path.rmdir()
        back()

    return undo


def unreadable(path):
    """A pipe of the file's name: of modes and kinds, what makes a file special counts."""
    back = remove(path)
    os.mkfifo(path)

    def undo():
        path.unlink()
        back()

    return undo


def add(name, kind):
    def make(folder):
        path = folder / name
        if kind == "folder":
            path.mkdir()
            return path.rmdir
        if kind == "link":
            path.symlink_to("config.json")
        elif kind == "pipe":
            os.mkfifo(path)
        else:
            path.write_bytes(b"" if kind == "empty" else b"something\n")
        return path.unlink
    return make


def files_of(package):
    return sorted(path.name for path in package.iterdir() if path.is_file())


def changes_of_files(package, signature):
    """Every file, every kind of change. The signature is looked at by `--public-key` alone."""
    for name in files_of(package):
        if (name == SIGNATURE) != signature:
            continue
        size = (package / name).stat().st_size
        for at in sorted({0, size // 2, size - 1}) if size else ():
            yield Change("flip a bit", name, flip(at, 1 << at % 8))
        if size:
            yield Change("truncate", name, truncate(1))
            yield Change("empty", name, truncate(size))
        for tail in (b"\n", b" ", b"\0", b"x"):
            yield Change("append", name, append(tail))
        if name.endswith(("SUMS", ".json", ".jinja")):
            yield Change("add a blank line", name, lambda path: rewrite(path, b"\n" + path.read_bytes()))
        for kind, make in (("rename", rename), ("remove", remove), ("replace by a link", by_link),
                           ("replace by a folder", by_folder), ("replace by a pipe", unreadable)):
            yield Change(kind, name, make)


def changes_of_sums():
    """The list says the same in other words: `sha256sum -c` takes it, and `run` does not write it so."""
    def lines(change):
        return lambda path: rewrite(path, b"".join(change(path.read_bytes().splitlines(keepends=True))))

    yield "duplicate the first line", lines(lambda rows: rows[:1] + rows)
    yield "two lines change places", lines(lambda rows: [rows[1], rows[0], *rows[2:]])
    yield "binary marks", lines(lambda rows: [row.replace(b"  ", b" *", 1) for row in rows])
    yield "upper-case digits", lines(lambda rows: [row[:64].upper() + row[64:] for row in rows])
    yield "carriage returns", lines(lambda rows: [row[:-1] + b"\r\n" for row in rows])
    yield "no last line end", lines(lambda rows: [*rows[:-1], rows[-1][:-1]])
    yield "a path with ./", lines(lambda rows: [rows[0].replace(b"  ", b"  ./", 1), *rows[1:]])


def changes_of_folder():
    for name in ("extra.txt", ".hidden", "model-extra.safetensors", "extra.py", "e\u0301.txt", "tokenizer.model",
                 "model-00001-of-00001.safetensors", "SHA256SUMS.bak", ".cambium-tmp-1-1"):
        for kind in ("file", "empty", "folder", "link", "pipe"):
            yield Change(f"add a {kind}", name, add(name, kind))


def random_changes(package, count, seed):
    """Bytes drawn by their number: a large file gets more. One in two falls on a small file, to reach them all."""
    numbers = random.Random(seed)
    names = [name for name in files_of(package) if name != SIGNATURE]
    sizes = [(package / name).stat().st_size for name in names]
    for number in range(count):
        weights = sizes if number % 2 else [1] * len(sizes)
        at = numbers.choices(range(len(names)), weights)[0]
        if sizes[at]:
            yield Change("random byte", names[at], flip(numbers.randrange(sizes[at]), numbers.randrange(1, 256)))


class Loader:
    """mlx-lm in a process of its own, which is asked again and again."""

    SCRIPT = ("import sys\nfrom mlx_lm import load\nfor line in sys.stdin:\n    try:\n        load(line.strip()); print('ok')\n"
              "    except BaseException as error:\n        print(type(error).__name__)\n    sys.stdout.flush()\n")

    SECONDS = 20

    def __init__(self, python):
        self.python = python
        self.start()

    def start(self):
        self.process = subprocess.Popen([self.python, "-c", self.SCRIPT], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True)

    def notices(self, package):
        self.process.stdin.write(f"{package}\n")
        self.process.stdin.flush()
        # It may wait for ever, for an answer of a person or for a pipe: nobody gets a model then.
        if not select.select([self.process.stdout], [], [], self.SECONDS)[0]:
            self.process.kill()
            self.process.wait()
            self.start()
            return True
        return self.process.stdout.readline().strip() != "ok"


class Mutation:
    def __init__(self, room, options):
        self.room, self.options = room, options
        self.lock, self.local = threading.Lock(), threading.local()
        self.seen = collections.Counter()
        self.missed, self.crashed, self.copies = [], [], 0

    def prepare(self):
        self.package = self.room.package("package")
        subprocess.run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", self.room / "key.pem"],
                       check=True, stderr=subprocess.DEVNULL)
        subprocess.run(["openssl", "ec", "-in", self.room / "key.pem", "-pubout", "-out", self.room / "key.pub"], check=True,
                       stderr=subprocess.DEVNULL)
        self.room.must(self.room.cambium("verify", self.package))
        self.room.must(self.room.cambium("sign", self.package, "--key", self.room / "key.pem"))
        first = self.room.must(self.room.cambium("verify", self.package, "--public-key", self.room / "key.pub"))
        print(f"the package: {len(files_of(self.package))} files, "
              f"{sum(path.stat().st_size for path in self.package.iterdir())} bytes, one verification {first.seconds * 1000:.0f} ms",
              flush=True)

    def own(self):
        """The copy of the package of this thread, and its reader."""
        if not hasattr(self.local, "package"):
            with self.lock:
                self.copies += 1
                folder = self.room / f"copy{self.copies}"
            folder.mkdir()
            self.local.package = folder / "package"
            shutil.copytree(self.package, self.local.package)
            self.local.loader = Loader(self.options.mlx_lm) if self.options.mlx_lm else None
        return self.local.package

    def status(self, *arguments):
        process = self.room.start("cambium", "verify", *arguments, "--threads", 1, out=subprocess.DEVNULL, err=subprocess.DEVNULL)
        return wait(process, time.monotonic() + 60)[0]

    def attempt(self, change):
        package = self.own()
        target = package if change.kind.startswith("add a") and change.kind != "add a blank line" else package / change.name
        undo = change.make(target)
        try:
            # The bare word on the files first: its status decides.
            plain = None if change.name == SIGNATURE else self.status(package)
            keyed = self.status(package, "--public-key", self.room / "key.pub") if self.wants_key(change) else None
            loader = self.local.loader
            read = loader.notices(package) if loader and change.kind != "replace by a pipe" else None
        finally:
            undo()
        self.note(change, plain, keyed, read)

    def wants_key(self, change):
        return change.kind != "random byte" or self.options.keyed

    def note(self, change, plain, keyed, read):
        with self.lock:
            self.seen["changes"] += 1
            for name, status in (("verify", plain), ("keyed", keyed)):
                if status is None:
                    continue
                self.seen[name + " asked"] += 1
                self.seen[name] += status != 0
                if status == 0:
                    self.missed.append(f"{'verify' if name == 'verify' else 'verify --public-key'}: {change.kind} {change.name}")
                elif status < 0 or status == 124:
                    self.crashed.append(f"{change.kind} {change.name}: status {status}")
            if read is not None:
                self.seen["mlx-lm asked"] += 1
                self.seen["mlx-lm"] += read
            if self.seen["changes"] % 2000 == 0:
                print(f"{self.seen['changes']} changes, {len(self.missed)} missed", flush=True)

    def perform(self):
        self.prepare()
        work = [*changes_of_files(self.package, False), *changes_of_files(self.package, True), *changes_of_folder(),
                *(Change(kind, "SHA256SUMS", make) for kind, make in changes_of_sums()),
                *random_changes(self.package, self.options.count, self.options.seed)]
        with concurrent.futures.ThreadPoolExecutor(self.options.jobs) as pool:
            for done in concurrent.futures.as_completed([pool.submit(self.attempt, change) for change in work]):
                done.result()
        return self.summary()

    def summary(self):
        for line in sorted(set(self.missed)):
            print(f"MISSED {line}" + (f" ({self.missed.count(line)} times)" if self.missed.count(line) > 1 else ""))
        for line in sorted(set(self.crashed)):
            print(f"CRASH {line}")
        parts = [f"{label} caught {self.seen[key]} of {self.seen[key + ' asked']}"
                 for key, label in (("verify", "verify"), ("keyed", "verify --public-key"), ("mlx-lm", "mlx-lm"))
                 if self.seen[key + " asked"]]
        print(f"{self.seen['changes']} changes: " + ", ".join(parts) + f"; {len(self.crashed)} crashes")
        return 1 if self.missed or self.crashed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000, help="random byte changes (default 10000)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keyed", action="store_true", help="ask --public-key about the random changes too")
    parser.add_argument("--mlx-lm", metavar="PYTHON", help="an interpreter with mlx-lm, to compare with")
    parser.add_argument("--binaries", type=Path, default=BUILD)
    parser.add_argument("--pipelines", type=Path, default=ROOT / "pipelines")
    options = parser.parse_args()
    with Room(options.binaries, options.pipelines) as room:
        sys.exit(Mutation(room, options).perform())


if __name__ == "__main__":
    main()
