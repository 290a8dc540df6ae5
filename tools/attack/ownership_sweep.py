#!/usr/bin/env python3
"""Proves that a run changes no file that the program did not write, and replaces a result whole or not at all.

In a project with a published package every ordered pair of these steps is taken, and then one more run: run; the package
moved away, copied, hard-linked, put behind a link, edited, replaced by a folder of the user's; the project copied; run
with another pipeline, to another output, with another work folder, only until quantize; and a run with another pipeline
that is killed at each rename and each removal. After every step the folder is compared with a model of what may have
changed: what the user moved, copied, linked or edited is the user's from then on; a package that nobody touched may be
replaced, by a whole other one.
"""

import argparse
import collections
import concurrent.futures
import os
import shutil
import signal
import sys
import threading
from pathlib import Path

from attack_room import BUILD, ROOT, Room, Wrong, expect, tree

import small_checkpoint

POINTS = ("rename", "remove", "exchange")
PIPELINES = ("mxfp4", "affine4")


def is_whole(folder):
    """Whether a folder is a package with exactly the files that its sums list."""
    try:
        rows = [line.split("  ", 1) for line in (folder / "SHA256SUMS").read_text().splitlines()]
        found = {os.path.relpath(path, folder): kind for path, kind in tree(folder).items() if kind[0] != "folder"}
    except (OSError, UnicodeDecodeError, ValueError):
        return False
    return all(len(row) == 2 for row in rows) and found.keys() == {name for _, name in rows} | {"SHA256SUMS"} and all(
        found[name] == ("file", digest) for digest, name in rows)


class Project:
    """A project folder, and the model: what in it is the user's, and what the program's."""

    def __init__(self, room, path, source):
        self.room, self.path, self.source = room, path, source
        self.pipeline = 0
        self.outputs = {}
        self.users = {}
        self.kept = 0
        self.killed = False
        path.mkdir(parents=True)
        (path / "kept").mkdir()
        self.write_manifest()

    def write_manifest(self):
        self.room.manifest(self.path.relative_to(self.room.path) / "m.json", source=str(self.source),
                           pipeline=PIPELINES[self.pipeline])
        self.users[self.path / "m.json"] = tree(self.path / "m.json")

    # Runs, each held against the model.

    def run(self, *options, output="o", wants=0, env=None):
        before = {name: self.state(name) for name in set(self.outputs) | {output}}
        outcome = self.room.cambium("run", "m.json", "--quiet", *options, cwd=self.path, env=env)
        self.check(before, outcome, output)
        died = env is not None and outcome.status == -signal.SIGKILL
        self.killed = self.killed or died
        if not died and wants is not None:
            users = before[output][0] == "users"
            if users:
                # A folder of the user's that holds just what would be written needs no writing.
                expect(outcome.status != 0 or before[output][1] == self.state(output)[1], f"a user's folder: {outcome}")
                expect(not outcome.crashed, f"{outcome}")
            else:
                expect(outcome.status == wants, f"run {' '.join(options)}: {outcome}")
                self.check_names(output)
        return outcome

    def state(self, name):
        path = self.path / name
        if not os.path.lexists(path):
            return "absent", {}
        return ("users" if self.outputs.get(name) == "users" else "ours"), tree(path)

    def check(self, before, outcome, output):
        for path, was in self.users.items():
            now = tree(path)
            for file, kind in was.items():
                expect(now.get(file) == kind, f"{file} of the user's " + ("vanished" if file not in now else "changed"))
            expect(now.keys() == was.keys(), f"{path} of the user's has {sorted(now.keys() - was.keys())[:3]} more")
        for name, (whose, was) in before.items():
            _, now = self.state(name)
            if now == was:
                continue
            expect(whose != "users", f"{name} is the user's and changed")
            expect(name == output, f"{name} changed, and the run was to {output}")
            expect(now or not was, f"{name} vanished")
            expect(is_whole(self.path / name), f"{name} is no whole package after {outcome}")
            self.outputs[name] = "ours"

    def check_names(self, output):
        """A run that ended well leaves nothing unfinished of its output; what was killed beside another one is for the
        next run to that one."""
        others = tuple(start for name in ("o", "p") if name != output for start in (f".{name}.cambium-", f"{name}.work/"))
        left = [name for name in (str(path.relative_to(self.path)) for path in self.path.rglob("*"))
                if (".cambium-" in name or name.endswith(".partial")) and not name.startswith(others)]
        expect(not left, f"left over: {left[:3]}")

    # What the user does.

    def place(self):
        self.kept += 1
        return self.path / "kept" / str(self.kept)

    def keep(self, path):
        self.users[path] = tree(path)

    def has(self, name="o"):
        return os.path.lexists(self.path / name)

    def take(self, make):
        """The user does something with the package, which is there unless it was moved away."""
        if self.has():
            place = self.place()
            make(self.path / "o", place)
            self.keep(place)
        if not self.has():
            self.outputs.pop("o", None)
            self.users.pop(self.path / "o", None)

    def become_users(self):
        self.outputs["o"] = "users"
        self.keep(self.path / "o")


# The steps but for the killed runs.

def moved(project):
    project.take(lambda package, place: package.rename(place))


def copied(project):
    project.take(lambda package, place: shutil.copytree(package, place, symlinks=True))


def linked(project):
    project.take(lambda package, place: shutil.copytree(package, place, symlinks=True, copy_function=os.link))


def pointed(project):
    if not project.has():
        return
    moved(project)
    (project.path / "o").symlink_to(project.path / "kept" / str(project.kept))
    project.become_users()


def edited(project):
    folder = project.path / "o"
    if folder.is_symlink() or not folder.is_dir():
        return
    # As an editor does it: a new file takes the name.
    card = folder / "README.md"
    text = card.read_bytes() if card.exists() else b""
    (folder / "results").mkdir(exist_ok=True)
    (folder / "results" / "eval.txt").write_text("0.71\n")
    (folder / "README.new").write_bytes(text + b"\nMine.\n")
    (folder / "README.new").rename(card)
    project.become_users()


def foreign(project):
    moved(project)
    (project.path / "o").mkdir()
    (project.path / "o" / "thesis.txt").write_text("four years\n")
    project.become_users()


def relocated(project):
    """The project goes on in another place; the old one stays as it is."""
    old, new = project.path, project.path.with_name(project.path.name + "-")
    shutil.copytree(old, new, symlinks=True)
    users = {new / path.relative_to(old) for path in project.users if path.is_relative_to(old)}
    project.keep(old)
    project.path = new
    for path in users:
        project.keep(path)


def run(project):
    project.run()


def pipeline(project):
    project.pipeline ^= 1
    project.write_manifest()
    project.run()


def until(project):
    project.pipeline ^= 1
    project.write_manifest()
    project.run("--until", "quantize", wants=None)


def output(project):
    project.run("--output", "p", output="p")


def work(project):
    # Another work folder may refuse a package that it has not made, or know it by its content.
    project.run("--work", "w", wants=None)


STEPS = [run, moved, copied, linked, pointed, edited, foreign, relocated, pipeline, until, output, work]


def killed(point, number):
    def step(project):
        project.pipeline ^= 1
        project.write_manifest()
        project.run(env={"CAMBIUM_CRASH_AT": f"{point}:{number}"})

    step.__name__ = f"killed-{point}-{number}"
    return step


class Sweep:
    def __init__(self, room, options):
        self.room, self.options = room, options
        self.source = small_checkpoint.write(room / "source")
        self.lock = threading.Lock()
        self.number = 0
        self.counts, self.failures = collections.Counter(), []

    def project(self):
        with self.lock:
            self.number += 1
            folder = self.room / f"project{self.number}"
        project = Project(self.room, folder / "p", self.source)
        project.keep(self.source)
        project.run()
        return project

    def passes(self, point):
        """How often a run that replaces a package passes a point."""
        def dies(number):
            project = self.project()
            project.pipeline ^= 1
            project.write_manifest()
            status = self.room.cambium("run", "m.json", "--quiet", cwd=project.path,
                                       env={"CAMBIUM_CRASH_AT": f"{point}:{number}"}).status
            shutil.rmtree(project.path.parent)
            return status == -signal.SIGKILL

        low, high = 0, 1
        while dies(high):
            low, high = high, 2 * high
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if dies(middle) else (low, middle)
        return low

    def kills(self):
        found = []
        for point in POINTS:
            total = self.passes(point)
            wanted = total if self.options.all else min(total, self.options.points)
            numbers = sorted({total - index * total // wanted for index in range(wanted)}) if wanted else []
            found += [killed(point, number) for number in numbers]
            print(f"a run that replaces a package passes {total} x {point}; killed at {len(numbers)}", flush=True)
        return found

    def attempt(self, pair):
        name = " then ".join(step.__name__ for step in pair)
        project = None
        try:
            project = self.project()
            for step in pair:
                step(project)
            project.run()
            with self.lock:
                self.counts["pairs"] += 1
                self.counts["kills"] += project.killed
                self.counts["files"] += sum(len(found) for found in project.users.values())
        except Wrong as found:
            with self.lock:
                self.counts["pairs"] += 1
                self.failures.append(name)
                if len(self.failures) <= self.options.show:
                    print(f"WRONG {name}: {found}", flush=True)
        if project:
            shutil.rmtree(project.path.parent, ignore_errors=True)

    def perform(self):
        plain, deaths = STEPS, self.kills()
        every = plain + deaths
        pairs = [(first, second) for first in every for second in every if first in plain or second in plain]
        with concurrent.futures.ThreadPoolExecutor(self.options.jobs) as pool:
            for done in concurrent.futures.as_completed([pool.submit(self.attempt, pair) for pair in pairs]):
                done.result()
        print(f"{self.counts['pairs']} ordered pairs of {len(every)} steps, {self.counts['kills']} with a kill; "
              f"{self.counts['files']} files of the user's looked at; {len(self.failures)} pairs wrong")
        return 1 if self.failures else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=8, help="kills of each kind, spread, the last first (default 8)")
    parser.add_argument("--all", action="store_true", help="a kill at every rename and every removal")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--show", type=int, default=40, help="wrong pairs that are explained")
    parser.add_argument("--binaries", type=Path, default=BUILD)
    parser.add_argument("--pipelines", type=Path, default=ROOT / "pipelines")
    options = parser.parse_args()
    with Room(options.binaries, options.pipelines) as room:
        sys.exit(Sweep(room, options).perform())


if __name__ == "__main__":
    main()
