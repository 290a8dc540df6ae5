#!/usr/bin/env python3
"""Kills a fetch at random moments, again and again, and holds the result against the file.

    tools/hub_kills.py [--kills 100] [--mib 1024] [--seed 1] [--program .build/release/cambium] [--compare PYTHON]

The hub is `tools/test_hub.py`. A fetch is started and killed (SIGKILL) after a random share of the time that one takes, until
there were so many kills; where a fetch ends before its kill, the cache is emptied and the next one begins anew. Printed are:
the digest, what the store sent beyond the file's size for each kill (the goal: at most 64 MiB), the time of an undisturbed
fetch, and of the hub's own client (`--compare`: a Python with huggingface_hub), in turn. Ends with 1 when a digest is wrong, a
part lies under a final name, or a kill cost more.
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


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--mib", type=int, default=1024)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--program", default=ROOT + "/.build/release/cambium")
    parser.add_argument("--compare")
    options = parser.parse_args()
    random.seed(options.seed)
    folder = tempfile.mkdtemp(prefix="hub-kills-")
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
