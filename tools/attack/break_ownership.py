"""Attacks on what belongs to the user: packages, documents, keys. For break_cases.py."""

import contextlib
import os
import select
import shutil
import signal
import subprocess
import threading
import time

from attack_room import expect, expect_same, expect_unchanged, look, tree
from ownership_sweep import is_whole


def other_pipeline(room, name="o", pipeline="affine4"):
    room.manifest(f"{name}.json", output=name, pipeline=pipeline)


def moved_package(room):
    """01 a package that was moved away, and the next one, survive a run that stops behind quantize"""
    room.package()
    (room / "o").rename(room / "moved")
    room.must(room.convert("o.json"))
    moved, there = tree(room / "moved"), tree(room / "o")
    other_pipeline(room)
    room.convert("o.json", "--until", "quantize")
    expect_unchanged(room / "moved", moved, "the moved package")
    expect_unchanged(room / "o", there, "the published package")


def one_work_folder(room):
    """01 two manifests with one work folder: the first one's package stays as it is"""
    room.checkpoint()
    room.manifest("a.json", output="a")
    room.manifest("b.json", output="b", pipeline="affine4")
    room.must(room.convert("a.json", "--work", "w"))
    before = tree(room / "a")
    room.convert("b.json", "--work", "w")
    expect_unchanged(room / "a", before, "the first package")


def hard_linked_backup(room):
    """01 a backup by hard links (cp -al) survives every later run"""
    room.package()
    shutil.copytree(room / "o", room / "backup", copy_function=os.link)
    before = tree(room / "backup")
    other_pipeline(room)
    room.convert("o.json")
    expect_unchanged(room / "backup", before, "the backup")


def stopped_where(room, process, condition, seconds=20):
    """Stops a process when a condition holds; whether it was in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            process.send_signal(signal.SIGSTOP)
            return True
        if process.poll() is not None:
            return False
    return False


def makes_partial(room, name="o"):
    return lambda: any(entry.startswith(f".{name}.") and "cambium" in entry for entry in os.listdir(room.path))


def foreign_folder_meanwhile(room):
    """02 a folder that appears under the output's name while the package is made stays, E_OUTPUT_EXISTS"""
    room.checkpoint()
    room.manifest()
    for _ in range(40):
        process = room.start("cambium", "run", "m.json", "--quiet", out=subprocess.DEVNULL)
        in_time = stopped_where(room, process, makes_partial(room)) and not (room / "o").exists()
        if in_time:
            (room / "o").mkdir()
            (room / "o" / "thesis.txt").write_text("four years\n")
        process.send_signal(signal.SIGCONT)
        said = process.communicate()[1]
        if in_time:
            expect((room / "o" / "thesis.txt").exists(), f"the foreign folder is gone, status {process.returncode}")
            expect(process.returncode != 0 and b"E_OUTPUT_EXISTS" in said, f"status {process.returncode}: {said[:200]}")
            return
        shutil.rmtree(room / "o", ignore_errors=True)
        shutil.rmtree(room / "o.work", ignore_errors=True)
    expect(False, "no run was stopped in time: nothing is shown")


def two_runs_one_output(room):
    """02 of two manifests with one output at once, one ends with E_OUTPUT_EXISTS or waits; none is lost silently"""
    room.checkpoint()
    room.manifest("a.json", output="o")
    room.manifest("b.json", output="o", pipeline="affine4")
    for attempt in range(10):
        runs = [room.start("cambium", "run", name, "--work", f"w{number}", "--quiet", "--threads", "1")
                for number, name in enumerate(("a.json", "b.json"))]
        said = [process.communicate()[1] for process in runs]
        statuses = [process.returncode for process in runs]
        expect(statuses.count(0) <= 1, f"attempt {attempt}: both ended with 0, and there is one package")
        expect(is_whole(room / "o"), "no whole package")
        loser = said[statuses.index(next(status for status in statuses if status))]
        expect(b"E_" in loser, f"{loser[:200]}")
        for name in ("o", "w0", "w1"):
            shutil.rmtree(room / name, ignore_errors=True)


def added_results(room):
    """04 results and a card that the user wrote into the package are not removed by a rerun"""
    room.package()
    (room / "o" / "results").mkdir()
    (room / "o" / "results" / "eval.txt").write_text("0.71\n")
    with open(room / "o" / "README.md", "a") as card:
        card.write("Mine.\n")
    before = tree(room / "o")
    outcome = room.convert("o.json")
    expect_same(before, tree(room / "o"), f"the package ({outcome})")
    expect(outcome.status != 0 and "eval.txt" in outcome.text, f"what is the user's is not named: {outcome}")


def killed_replacement(room):
    """21 killed at any rename or removal while an earlier result is replaced: the old package or the new one"""
    for point in ("rename", "remove", "exchange"):
        number = 0
        while True:
            number += 1
            room.package()
            other_pipeline(room)
            status = room.convert("o.json", env={"CAMBIUM_CRASH_AT": f"{point}:{number}"}).status
            if status == 0:
                break
            expect(is_whole(room / "o"), f"{point}:{number}: half a package under the output's name")
            room.must(room.convert("o.json"))
            for name in ("o", "o.work", "o.lock.json"):
                shutil.rmtree(room / name, ignore_errors=True)


def moved_project(room):
    """23 a project that was moved goes on"""
    (room / "p").mkdir()
    room.checkpoint("p/source")
    room.manifest("p/m.json")
    room.must(room.convert(room / "p" / "m.json"))
    (room / "p").rename(room / "q")
    room.manifest("q/m.json", pipeline="affine4")
    outcome = room.convert(room / "q" / "m.json")
    expect(outcome.status == 0, f"{outcome}")


def linked_project(room):
    """23 a project that is reached through a link goes on"""
    (room / "p").mkdir()
    room.checkpoint("p/source")
    room.manifest("p/m.json")
    room.must(room.convert(room / "p" / "m.json"))
    (room / "l").symlink_to("p")
    room.manifest("p/m.json", pipeline="affine4")
    outcome = room.convert(room / "l" / "m.json")
    expect(outcome.status == 0, f"{outcome}")


def restored_project(room):
    """23 a project that was restored without its work folder still knows its package, or says how to go on"""
    room.package()
    shutil.rmtree(room / "o.work")
    before = tree(room / "o")
    outcome = room.convert("o.json")
    expect(outcome.status == 0 or "--replace" in outcome.text, f"{outcome}")
    expect_same(before, tree(room / "o"), "the package")


# 06: outputs that replace what is not theirs.

def keys(room):
    for command in (("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "k.pem"),
                    ("ec", "-in", "k.pem", "-pubout", "-out", "k.pub")):
        subprocess.run(["openssl", *command], cwd=room.path, check=True, stderr=subprocess.DEVNULL)


def outputs(target):
    """Every option of both programs that names a file to write."""
    return [("cambium", "sign", "o", "--key", "k.pem", "--signature", target),
            ("cambium", "package", "o", "--archive", "--output", target),
            ("cambium", "audit", "o", "--html", target), ("cambium", "init", "source", "--manifest", target),
            ("verify-runner", "bench", "o", "--random-ids", "4", "--limit", "2", "--repetitions", "1", "--quiet", "--csv", target),
            ("verify-runner", "bench", "o", "--random-ids", "4", "--limit", "2", "--repetitions", "1", "--quiet", "--plot",
             target)]


def refused(room, command, target):
    """Nothing that was there changes, and the command says so."""
    before = tree(room.path)
    outcome = room.run(*command)
    name = " ".join(command[:2]) + " onto " + target
    expect_same(before, tree(room.path), name)
    expect(outcome.status not in (0, 64) and outcome.code, f"{name}: {outcome}")


def signature_onto_key(room):
    """06 sign --key k.pem --signature k.pem"""
    room.package()
    keys(room)
    refused(room, outputs("k.pem")[0], "k.pem")


def documents(room):
    """06 no output option replaces a document of the user's"""
    room.package()
    keys(room)
    (room / "paper.tex").write_text("three years\n")
    for command in outputs("paper.tex"):
        refused(room, command, "paper.tex")


def parts_of_package(room):
    """06 no output option replaces a part of a package, of a checkpoint, or a manifest"""
    room.package()
    keys(room)
    for target in ("o/tokenizer.json", "o/model-00001-of-00001.safetensors", "o/SHA256SUMS", "source/config.json", "o.json"):
        if not (room / target).exists():
            continue
        for command in outputs(target):
            refused(room, command, target)


def trace_prefix(room):
    """06 trace --output F where F.json or F.safetensors is the user's"""
    room.package()
    for name in ("t.json", "t.safetensors"):
        (room / name).write_text("mine\n")
        refused(room, ("verify-runner", "trace", "o", "--ids", "1 2 3", "--limit", "2", "--output", "t"), name)
        (room / name).unlink()


@contextlib.contextmanager
def reading(pipe):
    """Somebody takes whatever comes out of a pipe meanwhile."""
    end = os.open(pipe, os.O_RDWR)
    done = threading.Event()

    def take():
        while not done.is_set():
            if select.select([end], [], [], 0.1)[0]:
                os.read(end, 1 << 16)

    reader = threading.Thread(target=take)
    reader.start()
    try:
        yield
    finally:
        done.set()
        reader.join()
        os.close(end)


def devices(room):
    """06 a device node and a pipe are written into and stay what they are"""
    room.package()
    keys(room)
    if os.getuid() == 0:
        os.mknod(room / "null", 0o20666, os.makedev(1, 3))
    os.mkfifo(room / "pipe")
    for target in ("null", "pipe"):
        if not (room / target).exists():
            continue
        kind = look(room / target)
        for command in outputs(target):
            with reading(room / "pipe"):
                outcome = room.run(*command, timeout=30)
            there = look(room / target) if os.path.lexists(room / target) else None
            expect(there == kind, f"{' '.join(command[:2])}: the {target} is now {there}")
            # init says that the place is taken, as it always did.
            expect(outcome.status == 0 or command[1] == "init", f"{' '.join(command[:2])} into the {target}: {outcome}")


CASES = [moved_package, one_work_folder, hard_linked_backup, foreign_folder_meanwhile, two_runs_one_output, added_results,
         killed_replacement, moved_project, linked_project, restored_project, signature_onto_key, documents,
         parts_of_package, trace_prefix, devices]
# Devices cannot be opened on every file system in memory.
ON_DISK = {devices}
