"""Whole conversions of synthetic checkpoints: time, ratio to the floor, stages, processor seconds, peak memory.

The floor, measured in turn with the runs by cambium-bench: every byte of the source read and digested once, as many
bytes as the package has written past the cache, digested and synced. `single` computes one SHA-256 stream a thread, as a
library does; `tree` those of tree digests, as cambium does. A run also reads back from the disk what it wrote, which the
floor leaves out: how long that takes alone, past the cache, stands beside it. Nothing is decoded (`"check": false`).

    tools/bench-convert                                     dense and MoE of 4 GB, mxfp4 and affine4, 1 and 2 threads
    tools/bench-convert --shapes dense-1g,dense-12g --pipelines mxfp4 --threads 2
    tools/bench-convert --peer PYTHON                       mlx_lm.convert of that Python beside it
"""

import argparse
import json
import mmap
import os
import re
import shutil
import statistics
import subprocess
import sys
import threading
import time

SHAPES = {
    "dense-1g": ["--preset", "dense-0.8b", "--target-gb", "1"],
    "dense-4g": ["--preset", "dense-2b"],
    "dense-12g": ["--preset", "dense-4b", "--target-gb", "12"],
    "moe-4g": ["--preset", "next-80b", "--experts", "128", "--target-gb", "4"],
}
BINARIES = os.path.join(".build", "release")


def measured(command, **more):
    """Runs a command; wall seconds, processor seconds, peak memory in bytes, standard output and error."""
    before = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)
    err = []
    reader = threading.Thread(target=lambda: err.append(process.stderr.read()))
    reader.start()
    out = process.stdout.read()
    reader.join()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - before
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{' '.join(command)}\nended with {process.returncode}\n{err[0]}")
    peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return wall, usage.ru_utime + usage.ru_stime, peak, out, err[0]


def warm(folder):
    """Until a second reading takes no longer than the one before: caches of the host come and go."""
    last = None
    for _ in range(6):
        begin = time.monotonic()
        for name in sorted(os.listdir(folder)):
            if name.endswith(".safetensors"):
                with open(os.path.join(folder, name), "rb", buffering=0) as file:
                    while file.read(1 << 22):
                        pass
        took = time.monotonic() - begin
        if last is not None and took > 0.9 * last:
            return
        last = took


def checkpoint(shape, folder):
    target = os.path.join(folder, shape)
    if not os.path.exists(os.path.join(target, "config.json")):
        subprocess.run(
            [sys.executable, "tools/make_synthetic_checkpoint.py", target, *SHAPES[shape], "--tokenizer", "--shard-gb", "1.5"],
            check=True, stdout=subprocess.DEVNULL)
    return target


def convert(source, pipeline, threads, folder, options):
    """One run from nothing; the published package stays."""
    output = os.path.join(folder, "package")
    for path in [output, output + ".work"]:
        shutil.rmtree(path, ignore_errors=True)
    manifest = os.path.join(folder, "bench.json")
    with open(manifest, "w") as file:
        json.dump({"cambium": 1, "source": source, "pipeline": pipeline, "output": output, "check": False}, file)
    if os.path.exists(os.path.join(folder, "bench.lock.json")):
        os.remove(os.path.join(folder, "bench.lock.json"))
    environment = dict(os.environ, CAMBIUM_PIPELINES=os.path.abspath("pipelines"))
    command = [os.path.join(BINARIES, "cambium"), "run", manifest, "--threads", str(threads), *options]
    wall, cpu, peak, _, notes = measured(command, env=environment)
    stages = {name: float(seconds) for name, seconds in re.findall(r"^(\w+): done in ([0-9.]+) s", notes, re.M)}
    return wall, cpu, peak, stages


def floor(source, output_bytes, threads, digesting, folder):
    command = [
        os.path.join(BINARIES, "cambium-bench"), "floor", source, "--output-bytes", str(output_bytes), "--threads",
        str(threads), "--digesting", digesting, "--target", os.path.join(folder, "floor.bin")]
    result = json.loads(measured(command)[3])
    return result["seconds"], result["processor_seconds"]


def read_back(folder):
    """Seconds to read a package's weights from the disk, past the system's cache; None where that cannot be asked for."""
    if not hasattr(os, "O_DIRECT"):
        return None
    buffer = mmap.mmap(-1, 1 << 20)
    began = time.monotonic()
    for name in sorted(os.listdir(folder)):
        if name.endswith(".safetensors"):
            file = os.open(os.path.join(folder, name), os.O_RDONLY | os.O_DIRECT)
            offset = 0
            # Only the last reading is short, and only at multiples of a block may one begin.
            while (count := os.preadv(file, [buffer], offset)) == len(buffer):
                offset += count
            os.close(file)
    return time.monotonic() - began


def size(folder):
    return sum(os.path.getsize(os.path.join(folder, name)) for name in os.listdir(folder))


def machine():
    model = "processor unknown"
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo") as file:
            model = next((line.split(":")[1].strip() for line in file if line.startswith("model name")), model)
    return f"{model}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shapes", default="dense-4g,moe-4g", help=", ".join(SHAPES))
    parser.add_argument("--pipelines", default="mxfp4,affine4")
    parser.add_argument("--threads", default="2,1")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--folder", default=os.path.join(".build", "bench"), help="where checkpoints and packages go")
    parser.add_argument("--peer", help="a Python that has mlx-lm, for mlx_lm.convert beside it")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    folder = os.path.abspath(arguments.folder)
    os.makedirs(folder, exist_ok=True)
    rows = []
    print(machine(), file=sys.stderr)
    for shape in arguments.shapes.split(","):
        source = checkpoint(shape, folder)
        for pipeline in arguments.pipelines.split(","):
            for threads in map(int, arguments.threads.split(",")):
                runs, floors, readings = [], {"single": [], "tree": []}, []
                output_bytes = None
                for _ in range(arguments.repeat):
                    warm(source)
                    runs.append(convert(source, pipeline, threads, folder, []))
                    output_bytes = size(os.path.join(folder, "package"))
                    readings.append(read_back(os.path.join(folder, "package")))
                    for digesting, list_ in floors.items():
                        warm(source)
                        list_.append(floor(source, output_bytes, threads, digesting, folder))
                runs.sort(key=lambda run: run[0])
                middle = runs[len(runs) // 2]
                single = statistics.median(item[0] for item in floors["single"])
                tree = statistics.median(item[0] for item in floors["tree"])
                reading = None if None in readings else statistics.median(readings)
                rows.append({
                    "shape": shape, "pipeline": pipeline, "threads": threads, "input_bytes": size(source),
                    "output_bytes": output_bytes, "seconds": round(middle[0], 3),
                    "processor_seconds": round(middle[1], 3), "peak_bytes": middle[2], "stages": middle[3],
                    "floor_seconds": round(single, 3), "tree_floor_seconds": round(tree, 3),
                    "floor_processor_seconds": round(statistics.median(item[1] for item in floors["single"]), 3),
                    "read_back_seconds": reading and round(reading, 3),
                    "ratio_to_floor": round(middle[0] / single, 2), "ratio_to_tree_floor": round(middle[0] / tree, 2),
                    "all_seconds": [round(run[0], 2) for run in runs],
                })
                row = rows[-1]
                again = "" if reading is None else (
                    f" reading the package back alone {reading:.2f} s: {row['seconds'] / (single + reading):.2f} x of both;")
                stages = ", ".join(f"{name} {seconds}" for name, seconds in row["stages"].items())
                print(
                    f"{shape} {pipeline} {threads} threads: {row['seconds']:.2f} s "
                    f"({row['input_bytes'] / row['seconds'] / 1e9:.2f} GB/s, cpu {row['processor_seconds']:.1f} s, "
                    f"peak {row['peak_bytes'] / 2**20:.0f} MiB), floor {single:.2f} s: {row['ratio_to_floor']:.2f} x, "
                    f"with tree digests {tree:.2f} s: {row['ratio_to_tree_floor']:.2f} x;{again} {stages}", file=sys.stderr)
        if arguments.peer:
            for pipeline in arguments.pipelines.split(","):
                shutil.rmtree(os.path.join(folder, "peer"), ignore_errors=True)
                mode = ["--q-mode", "mxfp4", "--q-group-size", "32"] if pipeline == "mxfp4" else ["--q-group-size", "64", "--q-bits", "4"]
                wall, cpu, peak, _, _ = measured(
                    [arguments.peer, "-m", "mlx_lm", "convert", "--hf-path", source, "--mlx-path",
                     os.path.join(folder, "peer"), "-q", *mode])
                rows.append({"shape": shape, "pipeline": pipeline, "peer": "mlx_lm.convert", "seconds": round(wall, 2),
                             "processor_seconds": round(cpu, 2), "peak_bytes": peak})
                print(f"{shape} {pipeline} mlx_lm.convert: {wall:.1f} s, cpu {cpu:.1f} s, peak {peak / 2**20:.0f} MiB",
                      file=sys.stderr)
    if arguments.json:
        print(json.dumps({"bench_convert": 1, "machine": machine(), "rows": rows}, indent=2))


main()
