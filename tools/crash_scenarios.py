"""What happens to a run besides being killed: each function is a scenario of tools/crash-harness, and its docstring is the
line that is printed. A scenario raises Difference, or returns a reason why it cannot be tried here."""

import os
import shutil
import signal
import subprocess
import time

from crash_sandbox import DEMO, Difference

SHARD = "model-00001-of-00001.safetensors"


def expect(condition, what):
    if not condition:
        raise Difference(what)


def died(sandbox, crash):
    expect(sandbox.run(crash=crash) == -signal.SIGKILL, f"{crash} was not reached")
    return sandbox


def stopped_by(shop, number, status=75):
    """Signals until one comes in time; the run says so, and the next one goes on."""
    for attempt in range(20):
        sandbox = shop.sandbox()
        found = sandbox.run(after=0.02 + 0.03 * attempt, send=number)
        # Before the handler is there the signal ends the process as any other.
        expect(found in (0, status, -number), f"status {found}: {sandbox.error[:300]}")
        if found == status:
            expect("E_STOPPED" in sandbox.error, sandbox.error)
            expect(not os.path.exists(sandbox / "out"), "a package of a stopped run")
            sandbox.finish()
            return sandbox.remove()
        sandbox.remove()
    raise Difference("no signal came in time")


def sigterm(shop):
    """SIGTERM: status 75, and the same command goes on"""
    stopped_by(shop, signal.SIGTERM)


def sigint(shop):
    """SIGINT: status 75, and the same command goes on"""
    stopped_by(shop, signal.SIGINT)


def sigpipe(shop):
    """SIGPIPE: a reader that went away ends the output, not the run, whose status then says that the result was lost"""
    sandbox = shop.sandbox()
    reader, writer = os.pipe()
    os.close(reader)
    process = sandbox.start(out=writer, err=writer)
    os.close(writer)
    expect(process.wait() == 74, f"status {process.returncode}")
    sandbox.expect_reference()
    sandbox.remove()


def file_size_limit(shop):
    """file-size limit (ulimit -f): status 74 and E_FILE_TOO_LARGE, and without it the run goes on"""
    for limit in (512, 1 << 16, 1 << 20):
        sandbox = shop.sandbox()
        status = sandbox.run(limit=limit)
        expect(status == 74 and "E_FILE_TOO_LARGE" in sandbox.error, f"{limit}: {status} {sandbox.error[:300]}")
        sandbox.finish()
        sandbox.remove()


def mount(*arguments):
    return subprocess.run(["mount", *arguments], stderr=subprocess.DEVNULL).returncode == 0


def disk_full(shop):
    """disk full: status 74 and E_DISK_FULL, and with space the run goes on"""
    for size in ("1m", "7m"):
        sandbox = shop.sandbox()
        os.mkdir(sandbox / "disk")
        if not mount("-t", "tmpfs", "-o", "size=" + size, "tmpfs", sandbox / "disk"):
            sandbox.remove()
            return "a small file system takes the superuser"
        try:
            places = ("--work", "disk/work", "--output", "disk/out/out")
            status = sandbox.run(options=places)
            expect(status == 74 and "E_DISK_FULL" in sandbox.error, f"{size}: {status} {sandbox.error[:300]}")
            expect(mount("-o", "remount,size=64m", sandbox / "disk"), "the disk does not grow")
            status = sandbox.run(options=places)
            expect(status == 0, f"{size}, with space: {status} {sandbox.error[:300]}")
            expect(sandbox.tree("disk/out/out") == shop.package, "the tree differs")
        finally:
            subprocess.run(["umount", "-l", sandbox / "disk"], check=False)
        sandbox.remove()
    return None


def read_only(shop):
    """read-only folder: status 74, and once it can be written the run goes on"""
    sandbox = died(shop.sandbox(), "rename:9")
    bound = os.getuid() == 0
    if bound:
        # The superuser may write whatever the mode says, but not on such a mount.
        if not mount("--bind", sandbox.path, sandbox.path):
            return "binding a folder takes the superuser"
        expect(mount("-o", "remount,ro,bind", sandbox.path), "the folder cannot be made read-only")
    else:
        os.chmod(sandbox / "out.work", 0o555)
    try:
        status = sandbox.run()
        expect(status == 74 and "error: E_" in sandbox.error, f"{status} {sandbox.error[:300]}")
    finally:
        if bound:
            subprocess.run(["umount", "-l", sandbox.path], check=False)
        else:
            os.chmod(sandbox / "out.work", 0o755)
    sandbox.finish()
    sandbox.remove()
    return None


def clock_back(shop):
    """clock going back: a work folder written ten years from now is gone on with"""
    for crash in ("journal:3", "rename:12", "fsync:60"):
        sandbox = died(shop.sandbox(), crash)
        future = time.time() + 10 * 365 * 86400
        for folder, _, names in os.walk(sandbox / "out.work"):
            for name in names:
                os.utime(os.path.join(folder, name), (future, future))
        sandbox.finish()
        sandbox.remove()


def source_changed(shop):
    """source changed between two runs, its time put back: read anew, nothing of the old one stays"""
    def change(path):
        before = os.stat(path)
        with open(path, "r+b") as file:
            file.seek(-2, os.SEEK_END)
            byte = file.read(1)[0]
            file.seek(-2, os.SEEK_END)
            file.write(bytes([byte ^ 1]))
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    # One folder for all: the lock names it.
    source = os.path.join(shop.base, "changing")
    def restore():
        shutil.rmtree(source, ignore_errors=True)
        shutil.copytree(DEMO + "/trunk", source)

    restore()
    change(os.path.join(source, SHARD))
    fresh = shop.sandbox(source)
    expect(fresh.run() == 0, fresh.error)
    changed = fresh.result()
    for crash in ("journal:3", "rename:12", "fsync:60"):
        restore()
        sandbox = died(shop.sandbox(source), crash)
        change(os.path.join(source, SHARD))
        status = sandbox.run()
        expect(status == 0, f"{crash}: {status} {sandbox.error[:300]}")
        sandbox.expect_reference(changed)
        sandbox.remove()
    fresh.remove()
    shutil.rmtree(source)


def damaged_intermediates(shop):
    """intermediates cut, emptied, lengthened, removed, or with one bit flipped, their times put back: found and redone"""
    damages = {"cut": lambda data: data[:len(data) // 2], "emptied": lambda data: b"",
               "lengthened": lambda data: data + b"\0", "removed": None,
               "flipped": lambda data: data[:len(data) // 3] + bytes([data[len(data) // 3] ^ 4])
               + data[len(data) // 3 + 1:]}
    # Behind the third batch of units, behind the weights, and inside of packaging.
    tried = 0
    for crash in ("journal:4", "rename:9", "rename:14"):
        whole = died(shop.sandbox(), crash)
        names = [os.path.relpath(os.path.join(folder, name), whole.path)
                 for folder, _, names in os.walk(whole / "out.work") for name in names if name not in ("lock", "run.log")]
        for number, name in enumerate(sorted(names)):
            damage = list(damages)[(number + tried) % len(damages)]
            sandbox = shop.sandbox()
            shutil.rmtree(sandbox / "out.work", ignore_errors=True)
            shutil.copytree(whole / "out.work", sandbox / "out.work", symlinks=True)
            if os.path.exists(whole / "m.lock.json"):
                shutil.copy2(whole / "m.lock.json", sandbox / "m.lock.json")
            path = sandbox / name
            before = os.stat(path)
            if damages[damage] is None:
                os.unlink(path)
            else:
                with open(path, "rb") as file:
                    data = file.read()
                with open(path, "wb") as file:
                    file.write(damages[damage](data))
                os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
            status = sandbox.run()
            expect(status == 0, f"{name} {damage}: {status} {sandbox.error[:300]}")
            try:
                sandbox.expect_reference()
            except Difference as found:
                raise Difference(f"{name} {damage}: {found}") from None
            sandbox.remove()
            tried += 1
        whole.remove()
    return None


def stale_lock(shop):
    """stale lock: that of a dead process, with the number of a living one, does not hold the next run up"""
    sandbox = died(shop.sandbox(), "journal:3")
    with open(sandbox / "out.work/lock", "w") as file:
        file.write(f"{os.getpid()}\n")
    sandbox.finish()
    sandbox.remove()


def two_runs(shop):
    """two runs at once: one makes the package, the other says that the folder is held, or finds it made"""
    for attempt in range(5):
        sandbox = shop.sandbox()
        runs = [sandbox.start() for _ in range(2)]
        outcomes = []
        for process in runs:
            error = process.communicate()[1].decode(errors="replace")
            outcomes.append((process.returncode, error))
        for status, error in outcomes:
            expect(status == 0 or status == 75 and "E_WORK_LOCKED" in error, f"{status}: {error[:300]}")
        expect(any(status == 0 for status, _ in outcomes), "none of the two")
        sandbox.expect_reference()
        sandbox.remove()


def run_again(shop):
    """a finished run once more: nothing is written again"""
    sandbox = shop.sandbox()
    expect(sandbox.run() == 0, sandbox.error)
    def places():
        return {os.path.join(folder, name): (os.lstat(os.path.join(folder, name)).st_ino,
                                             os.lstat(os.path.join(folder, name)).st_mtime_ns)
                for folder, _, names in os.walk(sandbox / "out") for name in names}
    before = places()
    expect(sandbox.run() == 0, sandbox.error)
    expect(places() == before, "files were written again")
    sandbox.expect_reference()
    sandbox.remove()


ALL = [sigterm, sigint, sigpipe, file_size_limit, disk_full, read_only, clock_back, source_changed,
       damaged_intermediates, stale_lock, two_runs, run_again]
