"""A folder in memory in which the programs are attacked: checkpoints, manifests, runs with limits, and what is there.

Used by the other tools of this folder.
"""

import hashlib
import json
import os
import resource
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from pathlib import Path

import small_checkpoint

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / ".build" / "release"
NOBODY = 65534


class Wrong(Exception):
    """Something is not as it must be."""


class Untried(Exception):
    """Why a case cannot be tried here."""


def expect(condition, what):
    if not condition:
        raise Wrong(what)


class Outcome:
    """How a program ended and what it said."""

    def __init__(self, status, out, err, peak, seconds):
        self.status, self.out, self.err, self.peak, self.seconds = status, out, err, peak, seconds

    @property
    def text(self):
        return (self.out + self.err).decode(errors="replace")

    @property
    def code(self):
        """The first code of an error, `E_...`; empty without one."""
        for word in self.text.replace('"', " ").replace(":", " ").replace("[", " ").replace("]", " ").split():
            if word.startswith("E_"):
                return word
        return ""

    @property
    def crashed(self):
        return self.status < 0 or b"Fatal error" in self.err or b"Crash" in self.err or b"Backtrace" in self.err

    def __str__(self):
        last = [line for line in self.text.strip().splitlines() if line.strip()]
        return f"status {self.status}" + (f" {self.code}" if self.code else "") + (f": {last[0][:160]}" if last else "")


class Room:
    """The programs, and a folder of its own that goes at the end."""

    def __init__(self, binaries=BUILD, pipelines=ROOT / "pipelines", base=None):
        self.binaries, self.pipelines = Path(binaries).resolve(), Path(pipelines).resolve()
        if base is None and os.access("/dev/shm", os.W_OK):
            base = "/dev/shm"
        self.path = Path(tempfile.mkdtemp(prefix="cambium-attack-", dir=base))
        self.path.chmod(0o755)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)

    def __truediv__(self, name):
        return self.path / name

    # Checkpoints and manifests.

    def checkpoint(self, name="source", **options):
        return small_checkpoint.write(self / name, **options)

    def manifest(self, name="m.json", **settings):
        whole = {"cambium": 1, "source": "source", "pipeline": "mxfp4", "output": "o", "check": False,
                 "thresholds": {"min_cosine": 0, "mean_cosine": 0}} | settings
        (self / name).write_text(json.dumps({key: value for key, value in whole.items() if value is not None}))
        return self / name

    # Runs.

    def environment(self, more=None):
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CAMBIUM_")}
        # A crash is to be seen as such, at once.
        return kept | {"CAMBIUM_PIPELINES": str(self.pipelines), "SWIFT_BACKTRACE": "enable=no"} | (more or {})

    def start(self, program, *arguments, cwd=None, env=None, out=subprocess.PIPE, err=subprocess.PIPE, limits=None,
              user=None, stdin=subprocess.DEVNULL, prefix=(), closed=(), bufsize=-1):
        def before():
            # Python ignores it, and its children would inherit that.
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)
            for kind, value in (limits or {}).items():
                resource.setrlimit(kind, (value, value))
            for descriptor in closed:
                os.close(descriptor)

        extra = {"user": user, "group": user, "extra_groups": []} if user is not None else {}
        return subprocess.Popen(
            [*prefix, str(self.binaries / program), *map(str, arguments)], cwd=cwd or self.path,
            env=self.environment(env), stdout=out, stderr=err, stdin=stdin, preexec_fn=before, bufsize=bufsize, **extra)

    def run(self, program, *arguments, timeout=120, **options):
        """Runs to the end; a run that does not end within the time is an outcome of status 124."""
        start = time.monotonic()
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            options = {"out": out, "err": err} | options
            process = self.start(program, *arguments, **options)
            status, peak = wait(process, start + timeout)
            said = []
            for file in (out, err):
                file.seek(0)
                said.append(file.read())
        return Outcome(status, *said, peak, time.monotonic() - start)

    def cambium(self, *arguments, **options):
        return self.run("cambium", *arguments, **options)

    def runner(self, *arguments, **options):
        return self.run("verify-runner", *arguments, **options)

    def convert(self, manifest="m.json", *options, **more):
        return self.cambium("run", manifest, "--quiet", *options, **more)

    def must(self, outcome, status=0):
        """An outcome that is the preparation of a case and not what it looks at."""
        expect(outcome.status == status, f"preparation: {outcome}")
        return outcome

    def package(self, name="o", **settings):
        """A published package of the small checkpoint."""
        if not (self / "source").exists():
            self.checkpoint()
        self.manifest(f"{name}.json", output=name, **settings)
        self.must(self.convert(f"{name}.json"))
        return self / name


def wait(process, deadline):
    """The status, negative for a signal, and the peak resident size in bytes."""
    pause = 0.001
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return process.returncode, usage.ru_maxrss * 1024
        if time.monotonic() > deadline:
            process.kill()
            _, _, usage = os.wait4(process.pid, 0)
            process.returncode = 124
            return 124, usage.ru_maxrss * 1024
        time.sleep(pause)
        pause = min(0.02, pause * 2)


def look(path):
    """What a path is: kind, and for a file its digest."""
    status = os.lstat(path)
    if stat.S_ISLNK(status.st_mode):
        return "link", os.readlink(path)
    if stat.S_ISDIR(status.st_mode):
        return ("folder",)
    if not stat.S_ISREG(status.st_mode):
        return "special", stat.S_IFMT(status.st_mode), status.st_rdev
    with open(path, "rb") as file:
        return "file", hashlib.sha256(file.read()).hexdigest()


def tree(path):
    """Everything beneath a path, itself included, by path."""
    path = os.fspath(path)
    if not os.path.lexists(path):
        return {}
    found = {path: look(path)}
    if found[path][0] == "folder":
        for folder, folders, files in os.walk(path):
            for name in folders + files:
                full = os.path.join(folder, name)
                found[full] = look(full)
    return found


def expect_same(before, after, what):
    for path, was in before.items():
        now = after.get(path)
        expect(now == was, f"{what}: {path} " + ("is gone" if now is None else "changed"))


def expect_unchanged(path, before, what):
    now = tree(path)
    expect_same(before, now, what)
    more = sorted(now.keys() - before.keys())
    expect(not more, f"{what}: {more[:3]} appeared")


def tensor_place(folder, name):
    """File, offset and length of a tensor's bytes, and its dtype and shape, in a checkpoint or package."""
    for path in sorted(Path(folder).glob("*.safetensors")):
        with open(path, "rb") as file:
            size = int.from_bytes(file.read(8), "little")
            records = json.loads(file.read(size))
        if name in records:
            begin, end = records[name]["data_offsets"]
            return path, 8 + size + begin, end - begin, records[name]["dtype"], records[name]["shape"]
    raise Wrong(f"no tensor {name} in {folder}")


NUMBERS = {"BF16": {"nan": b"\xc0\x7f", "+inf": b"\x80\x7f", "-inf": b"\x80\xff"},
           "F32": {"nan": b"\x00\x00\xc0\x7f", "+inf": b"\x00\x00\x80\x7f", "-inf": b"\x00\x00\x80\xff"}}


def plant(folder, name, kind, last=True):
    """Puts a number that is none into one element of a tensor. Returns what undoes it."""
    path, offset, length, dtype, _ = tensor_place(folder, name)
    number = NUMBERS[dtype][kind]
    at = offset + length - len(number) if last else offset
    with open(path, "r+b") as file:
        file.seek(at)
        old = file.read(len(number))
        file.seek(at)
        file.write(number)

    def undo():
        with open(path, "r+b") as file:
            file.seek(at)
            file.write(old)

    return undo
