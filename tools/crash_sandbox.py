"""One run of cambium in a folder of its own, and what must be true of the folder afterwards. For tools/crash-harness."""

import hashlib
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import threading

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
DEMO = os.path.join(ROOT, "manifests", "demo")


class Difference(Exception):
    """Something is not as an undisturbed run leaves it."""


class Workshop:
    """The program under test, and what an undisturbed run of it makes."""

    def __init__(self, cambium, base):
        self.cambium, self.base = cambium, base
        self.strace = shutil.which("strace")
        self.reference = self.package = self.units = None
        self.lock = threading.Lock()
        self.folders = 0

    def sandbox(self, source=None):
        with self.lock:
            self.folders += 1
            path = os.path.join(self.base, f"run{self.folders}")
        os.mkdir(path)
        # A short decode check: its stage writes files too.
        manifest = {"cambium": 1, "source": source or DEMO + "/trunk", "donor": DEMO + "/donor", "pipeline": "mxfp4",
                    "base_model": "cambium/demo", "output": "out", "check": {"prompts": 1, "tokens": 2, "depths": [1]}}
        with open(path + "/m.json", "w") as file:
            json.dump(manifest, file)
        return Sandbox(self, path)


class Sandbox:
    def __init__(self, shop, path):
        self.shop, self.path = shop, path
        self.error = ""

    def __truediv__(self, name):
        return os.path.join(self.path, name)

    def start(self, threads=2, crash=None, power=None, fault=None, limit=None, options=(), out=subprocess.DEVNULL,
              err=subprocess.PIPE):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("CAMBIUM_")}
        environment["CAMBIUM_PIPELINES"] = os.path.join(ROOT, "pipelines")
        if crash:
            environment["CAMBIUM_CRASH_AT"] = crash
        if power is not None:
            environment["CAMBIUM_POWER_LOSS"] = str(power)
        command = [self.shop.cambium, "run", "m.json", "--quiet", "--threads", str(threads), *options]
        if fault:
            call, error, number = fault
            command = [self.shop.strace, "-f", "-qq", "-e", f"trace={call}", "-e", "signal=none", "-o", "/dev/null",
                       "-e", f"inject={call}:error={error}:when={number}"] + command

        def before():
            # Python ignores it, and its children would inherit that.
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)
            if limit is not None:
                signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        return subprocess.Popen(command, cwd=self.path, env=environment, stdout=out, stderr=err, preexec_fn=before)

    def run(self, after=None, send=signal.SIGKILL, **options):
        """Runs, with a signal after so many seconds; returns the exit status, negative for a signal."""
        process = self.start(**options)
        if after is not None:
            try:
                process.wait(after)
            except subprocess.TimeoutExpired:
                process.send_signal(send)
        self.error = (process.communicate()[1] or b"").decode(errors="replace")
        return process.returncode

    # What is there.

    def tree(self, name="out"):
        """Every file beneath a folder with its mode and digest."""
        found = {}
        for folder, _, names in os.walk(self / name):
            for file in names:
                full = os.path.join(folder, file)
                with open(full, "rb") as content:
                    digest = hashlib.sha256(content.read()).hexdigest()
                found[os.path.relpath(full, self / name)] = (oct(os.lstat(full).st_mode), digest)
        return found

    def result(self):
        """The package, and the two files beside it."""
        found = self.tree()
        for name in ("out.check.json", "m.lock.json"):
            if os.path.exists(self / name):
                with open(self / name, "rb") as file:
                    found["../" + name] = hashlib.sha256(file.read()).hexdigest()
        return found

    def files(self, name):
        """The paths of all files of a name."""
        return [os.path.join(folder, name) for folder, _, names in os.walk(self.path) if name in names]

    @staticmethod
    def records(journal):
        """The units of a journal's whole lines, in order. Nothing that was synced is less than a whole line."""
        with open(journal, "rb") as file:
            return Sandbox.units_of(file)

    @staticmethod
    def units_of(file):
        lines = file.read().split(b"\n")[:-1]
        return [int(found.group(1)) for line in lines if (found := re.search(rb'"unit":\s*(\d+)', line))]

    def units(self):
        """Goes on with what is there, and returns the units of the journal at the end."""
        journal = next(iter(self.files("journal.jsonl")), None)
        if not journal:
            return set()
        with open(journal, "rb") as watched:
            self.run()
            return set(self.units_of(watched))

    # What must be.

    def expect_nothing_torn(self):
        """Nothing but whole files may stand under a final name, even before the next run."""
        if os.path.isdir(self / "out") and self.shop.package and self.tree() != self.shop.package:
            raise Difference("a torn package before the next run")
        for path in self.files("receipt.json") + self.files("m.lock.json"):
            try:
                with open(path) as file:
                    json.load(file)
            except ValueError:
                raise Difference(f"a torn {path} before the next run") from None

    def expect_reference(self, reference=None):
        if self.result() != (reference or self.shop.reference):
            raise Difference("the tree differs")
        self.expect_nothing_left()

    def expect_package(self):
        if self.tree() != self.shop.package:
            raise Difference("the package differs")
        self.expect_nothing_left()

    def expect_nothing_left(self):
        left = [name for _, folders, names in os.walk(self.path) for name in folders + names
                if ".cambium-" in name or name.endswith(".partial") or name == "journal.jsonl"]
        if left:
            raise Difference(f"left over: {left}")

    def finish(self, threads=2, reference=None):
        """The run after a death: the same bytes, nothing left over, and each unit in the journal once. Returns how many
        the journal had before."""
        self.expect_nothing_torn()
        journal, had = next(iter(self.files("journal.jsonl")), None), []
        if journal:
            had = self.records(journal)
            # Goes on in place and is removed at the end; what is open can be read all the same.
            self.watched = open(journal, "rb")
        status = self.run(threads=threads)
        if status != 0:
            raise Difference(f"the next run ended with {status}: {self.error[:400]}")
        self.expect_reference(reference)
        if had:
            self.expect_each_unit_once(had)
        return len(had)

    def expect_each_unit_once(self, had):
        with self.watched:
            done = self.units_of(self.watched)
        if done[:len(had)] != had:
            raise Difference("the journal was not gone on with")
        twice = sorted({unit for unit in done if done.count(unit) > 1})
        if twice:
            raise Difference(f"units done again: {twice[:10]}")
        if set(done) != self.shop.units:
            raise Difference(f"the journal has {len(done)} units at the end, and not {len(self.shop.units)}")

    def remove(self):
        shutil.rmtree(self.path, ignore_errors=True)
