#!/usr/bin/env python3
"""Kills a fetch at random moments, again and again, and holds the result against the file.

    tools/hub_kills.py [--kills 100] [--mib 1024] [--seed 1] [--program .build/release/cambium] [--compare PYTHON] [--graft]

The hub is `tools/test_hub.py`. A fetch is started and killed (SIGKILL) after a random share of the time that one takes, until
there were so many kills; where a fetch ends before its kill, the cache is emptied and the next one begins anew. Printed are:
the digest, what the store sent beyond the file's size for each kill (the goal: at most 64 MiB), the time of an undisturbed
fetch, and of the hub's own client (`--compare`: a Python with huggingface_hub), in turn. Ends with 1 when a digest is wrong, a
part lies under a final name, or a kill cost more.

With `--graft` a run is killed instead whose trunk and donor, the demo's, stay on the hub: the package must be that of an
undisturbed run, byte for byte, a part of one must never lie under its name, and the lock must be the same.
"""

import argparse
import hashlib
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CLIENT = ("import sys; from huggingface_hub import snapshot_download; "
          "print(snapshot_download('org/big', local_files_only='offline' in sys.argv))")


def digest(path):
    sha = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            sha.update(block)
    return sha.hexdigest()


def graft(options, folder):
    """Kills runs of a manifest whose models stay on the hub."""
    for name in ("trunk", "donor"):
        shutil.copytree(f"{ROOT}/manifests/demo/{name}", f"{folder}/repos/org/{name}")
    log = folder + "/log"
    hub = subprocess.Popen(
        [sys.executable, ROOT + "/tools/test_hub.py", folder + "/repos", "--log", log], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, text=True)
    hello = json.loads(hub.stdout.readline())
    environment = {
        "PATH": os.environ["PATH"], "HOME": folder, "HF_ENDPOINT": hello["endpoint"], "HF_HUB_CACHE": folder + "/cache",
        "TMPDIR": folder, "NO_PROXY": "*",
    }
    place = lambda name: {"hub": f"org/{name}@{hello['commits'][f'org/{name}']['main']}", "remote": True}
    manifest = {
        "cambium": 1, "source": place("trunk"), "donor": place("donor"), "pipeline": "mxfp4",
        "base_model": "cambium/demo", "output": "out", "check": {"prompts": 1, "tokens": 4, "depths": [1]},
    }
    with open(folder + "/m.json", "w") as file:
        json.dump(manifest, file)
    run = [options.program, "run", folder + "/m.json", "--pipelines", ROOT + "/pipelines", "--quiet"]

    def moved():
        return sum(json.loads(line)["bytes"] for line in open(log)) if os.path.exists(log) else 0

    def content():
        return {
            os.path.relpath(os.path.join(root, name), folder + "/out"): digest(os.path.join(root, name))
            for root, _, names in os.walk(folder + "/out") for name in names
        }

    def empty():
        for name in ("out", "out.work"):
            shutil.rmtree(f"{folder}/{name}", ignore_errors=True)

    began = time.monotonic()
    subprocess.run(run, env=environment, check=True, stdout=subprocess.DEVNULL)
    span, once = time.monotonic() - began, moved()
    expected, lock = content(), open(folder + "/m.lock.json").read()
    empty()
    kills = bad = here = 0
    begun, losses = moved(), []
    while kills < options.kills or here:
        process = subprocess.Popen(run, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            # Behind the last kill a run goes on to its end.
            _, err = process.communicate(timeout=random.uniform(0.01, span) if kills < options.kills else None)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.communicate()
            kills, here = kills + 1, here + 1
            # Whatever has the package's name is the package.
            bad += os.path.exists(folder + "/out") and content() != expected
            continue
        if process.returncode:
            print(f"a run ended with {process.returncode}: {err.decode()}")
            bad += 1
            break
        bad += content() != expected or open(folder + "/m.lock.json").read() != lock
        if here:
            time.sleep(0.2)
            losses.append((moved() - begun - once, here))
        empty()
        begun, here = moved(), 0
    total, count = sum(lost for lost, _ in losses), sum(count for _, count in losses)
    worst = max([lost / count for lost, count in losses], default=0)
    print(f"{kills} kills of a run from the hub, package {'WRONG' if bad else 'right'}; an undisturbed one moves "
          f"{once / (1 << 20):.1f} MiB, a kill {total / max(1, count) / (1 << 20):.2f} MiB more, at worst "
          f"{worst / (1 << 20):.2f}")
    hub.stdin.close()
    hub.wait()
    return 1 if bad or worst > 64 << 20 else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--mib", type=int, default=1024)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--program", default=ROOT + "/.build/release/cambium")
    parser.add_argument("--compare")
    parser.add_argument("--graft", action="store_true")
    options = parser.parse_args()
    random.seed(options.seed)
    folder = tempfile.mkdtemp(prefix="hub-kills-")
    if options.graft:
        try:
            return graft(options, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    repository = folder + "/repos/org/big"
    os.makedirs(repository)
    source = repository + "/model.safetensors"
    with open(source, "wb") as file:
        for _ in range(options.mib):
            file.write(random.randbytes(1 << 20))
    open(repository + "/config.json", "w").write("{}")
    expected = digest(source)
    log = folder + "/log"
    hub = subprocess.Popen(
        [sys.executable, ROOT + "/tools/test_hub.py", folder + "/repos", "--log", log], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, text=True)
    endpoint = json.loads(hub.stdout.readline())["endpoint"]
    cache = folder + "/cache"
    environment = {
        "PATH": os.environ["PATH"], "HOME": folder, "HF_ENDPOINT": endpoint, "HF_HUB_CACHE": cache,
        "HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1", "NO_PROXY": "*",
    }
    fetch = [options.program, "fetch", "hub:org/big"]

    def moved():
        return sum(json.loads(line)["bytes"] for line in open(log)) if os.path.exists(log) else 0

    def timed(command, extra=None):
        shutil.rmtree(cache, ignore_errors=True)
        began = time.monotonic()
        subprocess.run(command, env={**environment, **(extra or {})}, check=True, stdout=subprocess.DEVNULL)
        return time.monotonic() - began

    def whole():
        for root, _, names in os.walk(cache):
            for name in names:
                path = os.path.join(root, name)
                # Whatever has the name of the whole is the whole.
                if name == expected and not os.path.islink(path) and digest(path) != expected:
                    return False
        return True

    bad = 0
    times = {"cambium": [], "huggingface_hub": []}
    for _ in range(3):
        times["cambium"].append(timed(fetch))
        if options.compare:
            times["huggingface_hub"].append(timed([options.compare, "-c", CLIENT]))
    for name, list_ in times.items():
        if list_:
            print(f"{name}: {', '.join(f'{t:.2f}' for t in list_)} s, {options.mib / min(list_):.0f} MiB a second at best")
    if options.compare:
        # What one wrote, the other one finds, and the other way round.
        timed(fetch)
        subprocess.run([options.compare, "-c", CLIENT, "offline"], env=environment, check=True)
        timed([options.compare, "-c", CLIENT])
        before = moved()
        subprocess.run(fetch, env=environment, check=True, stdout=subprocess.DEVNULL)
        again = moved() - before
        print(f"after the client's own fetch ours moved {again} bytes")
        bad += again > 1 << 20
    shutil.rmtree(cache, ignore_errors=True)
    span = min(times["cambium"])
    kills, begun, worst = 0, moved(), 0
    losses = []
    killed_here = 0
    while kills < options.kills:
        process = subprocess.Popen(fetch, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(random.uniform(0.02, span))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            kills += 1
            killed_here += 1
            bad += not whole()
            continue
        if process.returncode:
            print(f"a fetch ended with {process.returncode}")
            bad += 1
            break
        if killed_here:
            time.sleep(0.2)
            losses.append((moved() - begun - (options.mib << 20), killed_here))
        bad += not whole()
        shutil.rmtree(cache, ignore_errors=True)
        begun, killed_here = moved(), 0
    subprocess.run(fetch, env=environment, check=True, stdout=subprocess.DEVNULL)
    path = subprocess.run(fetch, env=environment, check=True, capture_output=True, text=True).stdout.strip()
    right = digest(path + "/model.safetensors") == expected
    if killed_here:
        time.sleep(0.2)
        losses.append((moved() - begun - (options.mib << 20), killed_here))
    for lost, count in losses:
        worst = max(worst, lost / count)
    total, count = sum(lost for lost, _ in losses), sum(count for _, count in losses)
    print(f"{kills} kills, digest {'right' if right else 'WRONG'}; moved beyond the file {total / (1 << 20):.0f} MiB in "
          f"{count} kills that were gone on from: {total / max(1, count) / (1 << 20):.1f} MiB a kill, at worst "
          f"{worst / (1 << 20):.1f} over one file")
    print(f"peak memory of a fetch: {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10} MiB (or of the hub's client)")
    hub.stdin.close()
    hub.wait()
    shutil.rmtree(folder, ignore_errors=True)
    bad += not right or worst > 64 << 20
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
