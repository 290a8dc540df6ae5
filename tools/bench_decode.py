"""Decoding of synthetic models of 1.5 to 2 billion parameters: how much of the machine's memory bandwidth is reached, what
drafting gains at a given acceptance, what a prompt costs, memory, and what is left beside a busy neighbour.

Checkpoints are made in FOLDER by make_synthetic_checkpoint.py (numpy is needed for that) and converted to mxfp4 by cambium, both
once; verify-runner bench measures. Synthetic weights draft nothing that is right, so the acceptance is imposed: the chance that
a draft is right when those before it are, by place. Its drafts as they are stand for a text on which no draft is ever right.

Drafting is measured from all ids (--impose) and from a shortlist (--draft-shortlist, --impose-shortlist), each beside plain
decoding of its own run. The default chances are those of a small trained model on code prompts, whose shortlist (2048 of 4096
ids) left a little more of the text out than 32000 ids of a real vocabulary do: see Inference.md.

    tools/bench-decode FOLDER                                 dense, 2 threads and 1, canonical and (where there is) fast
    tools/bench-decode FOLDER --shapes dense,moe --threads 2 --json
    tools/bench-decode FOLDER --package PACKAGE               a package that is there already
    tools/bench-decode FOLDER --peer-decode 30 --peer-prompt 250    another program, measured beside on this machine

Goals that are checked stand beside the figures; the tool itself only measures, and ends with 0 whether they are met or not.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time

SHAPES = {
    "dense": ["--preset", "dense-2b", "--tokenizer", "--shard-gb", "1.5"],
    "moe": ["--preset", "next-80b", "--layers", "4", "--experts", "48", "--tokenizer"],
}
# Another program's tokens a second with 2 threads on 2 cores of Zen 5, the dense model: decoded, the best of llama.cpp (MXFP4
# 32.7, Q4_0 34.9) and ik_llama.cpp (Q4_0 37.4); and a prompt of 256 tokens (ik_llama.cpp, Q4_0).
PEER_DECODE, PEER_PROMPT = 37.4, 288.0
GOALS = {
    "canonical": {"bandwidth": 0.65, "four rows": 1.7, "drafting": 1.3, "prompt to sgemm": 0.60},
    "fast": {"bandwidth": 0.85, "four rows": 1.3, "drafting": 1.6},
}
# `chance` of a small trained model in mxfp4 (8 layers, 4096 ids) on 14 code prompts, mtp-4, 64 tokens each: from all ids, and
# from the 2048 lowest and those of the text. What a list costs in acceptance is what it leaves out of a text: 32000 ids of a
# real vocabulary hold 95 % of the tokens of such prompts, 2048 of the small one 88 %. (528, which are as large a part of the small
# vocabulary as 32000 of 248320, hold 67 %: 0.668,0.696,0.742,0.661.)
IMPOSED = "0.787,0.798,0.846,0.861"
IMPOSED_SHORTLIST = "0.743,0.804,0.856,0.818"


def run(command, **more):
    process = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)
    if process.returncode not in (0, 2):
        sys.exit(f"{' '.join(command)}\nended with {process.returncode}\n{process.stderr}")
    return process.stdout


def package(shape, arguments):
    """A package of a shape's checkpoint; both are made unless they are there."""
    folder = os.path.abspath(arguments.folder)
    os.makedirs(folder, exist_ok=True)
    source, output = os.path.join(folder, shape), os.path.join(folder, shape + "-mxfp4")
    if os.path.exists(os.path.join(output, "config.json")):
        return output
    if not os.path.exists(os.path.join(source, "config.json")):
        print(f"making {source}", file=sys.stderr)
        run([sys.executable, "tools/make_synthetic_checkpoint.py", source, *SHAPES[shape]])
    manifest = os.path.join(folder, shape + ".json")
    with open(manifest, "w") as file:
        json.dump({"cambium": 1, "source": source, "pipeline": "mxfp4", "output": output, "check": False}, file)
    environment = dict(os.environ, CAMBIUM_PIPELINES=os.path.abspath("pipelines"))
    run([os.path.join(arguments.binaries, "cambium"), "run", manifest], env=environment)
    shutil.rmtree(output + ".work", ignore_errors=True)
    return output


def bench(path, threads, arithmetic, arguments, decoders, *options, repetitions=None):
    command = [
        os.path.join(arguments.binaries, "verify-runner"), "bench", path, "--random-ids", "64", "--per-class", "1",
        "--limit", str(arguments.limit), "--repetitions", str(repetitions or arguments.repetitions), "--decoders", decoders, "--threads",
        str(threads), "--json", "--quiet", *options]
    command += ["--arithmetic", arithmetic]
    document = json.loads(run(command))
    if not document["equal"]:
        sys.exit(f"tokens differ: {document['differences'][0]}")
    return document


def speeds(document):
    return {result["decoder"]: result["tokens_per_second"] for result in document["results"]}


def busy(path, threads, arithmetic, arguments):
    """Speed with one processor held by another program, by the speed without, in turn."""
    if shutil.which("taskset") is None:
        return None
    quiet, beside = [], []
    plain = lambda: speeds(bench(path, threads, arithmetic, arguments, "vanilla", repetitions=1))["vanilla"]["median"]
    for _ in range(arguments.repetitions):
        quiet.append(plain())
        loop = subprocess.Popen(["taskset", "-c", "0", sys.executable, "-c", "while True: pass"])
        try:
            time.sleep(0.2)
            beside.append(plain())
        finally:
            loop.kill()
            loop.wait()
    return sorted(beside)[len(beside) // 2] / sorted(quiet)[len(quiet) // 2]


class Summary:
    def __init__(self):
        self.rows = []

    def add(self, setting, what, value, unit="", goal=None, most=False):
        """A figure; with a goal, its ratio to the goal: 1 or more is met."""
        row = {"setting": setting, "what": what, "value": round(value, 4), "unit": unit}
        line = f"{setting:<22} {what:<40} {value:9.3f} {unit:<6}"
        if goal is not None:
            ratio = goal / value if most and value > 0 else value / goal
            row.update(goal=goal, ratio=round(ratio, 3), met=ratio >= 1)
            line += f" goal {'at most' if most else 'at least':<8} {goal:7.2f}  {ratio:6.2f} of it  {'met' if ratio >= 1 else 'MISSED'}"
        self.rows.append(row)
        print(line, flush=True)


def add_drafting(setting, how, figures, goal, summary):
    """The lines of drafting against plain decoding of the same run."""
    ratios = {name: value["to_vanilla"] for name, value in figures.items() if name.startswith("mtp-")}
    for name, ratio in ratios.items():
        summary.add(setting, f"{name}, {how}, to plain", ratio, "x")
    summary.add(setting, f"best depth, {how}, to plain", max(ratios.values()), "x", goal)
    summary.add(setting, f"adaptive, {how}, to plain", figures["adaptive"]["to_vanilla"], "x", 0.97)


def measure(shape, path, threads, arithmetic, arguments, summary):
    setting = f"{shape} {arithmetic} t={threads}"
    goals = GOALS[arithmetic]
    two = threads == 2
    decoders = "vanilla,mtp-1,mtp-2,mtp-3,mtp-4,adaptive" if two else "vanilla,mtp-1,mtp-2,mtp-3,adaptive"
    document = bench(path, threads, arithmetic, arguments, decoders, "--passes", "--impose", arguments.impose)
    figures = speeds(document)
    vanilla = next(result for result in document["results"] if result["decoder"] == "vanilla")
    peer = 1.2 * arguments.peer_decode if shape == "dense" and two and arithmetic == "canonical" else None
    summary.add(setting, "plain decoding", figures["vanilla"]["median"], "tok/s", peer)
    summary.add(setting, "memory is read at", document["machine"]["read_bytes_per_second"] / 1e9, "GB/s")
    summary.add(setting, "weights are read at", vanilla["weights"]["bytes_per_second"] / 1e9, "GB/s")
    summary.add(setting, "share of the bandwidth", vanilla["weights"]["to_read_bandwidth"], "", goals["bandwidth"] if two else None)
    for entry in document["passes"]["passes"]:
        if entry["rows"] in (2, 4):
            goal = goals["four rows"] if entry["rows"] == 4 and two else None
            summary.add(setting, f"pass of {entry['rows']} rows, to one row", entry["to_one_row"], "x", goal, most=True)
    summary.add(setting, "a draft, to a pass of one row",
                document["passes"]["draft_seconds"] / document["passes"]["passes"][0]["seconds"], "x")
    documents = [document]
    add_drafting(setting, "imposed", figures, goals["drafting"] if two else None, summary)
    if 0 < arguments.draft_shortlist < document["model"]["vocabulary"]:
        decoders = "vanilla,mtp-1,mtp-2,mtp-3,adaptive" if two else "vanilla,mtp-2,adaptive"
        documents.append(bench(path, threads, arithmetic, arguments, decoders, "--impose", arguments.impose_shortlist,
                               "--draft-shortlist", str(arguments.draft_shortlist)))
        add_drafting(setting, f"imposed, {arguments.draft_shortlist} ids", speeds(documents[1]), goals["drafting"] if two else None,
                     summary)
    prefill = document["passes"]["prefill"]
    summary.add(setting, "prompt of 256", prefill["tokens_per_second"], "tok/s",
                arguments.peer_prompt if two and arithmetic == "fast" else None)
    summary.add(setting, "its products, to sgemm", prefill["to_dense"], "x", goals.get("prompt to sgemm") if two else None)
    alone = bench(path, threads, arithmetic, arguments, "vanilla", repetitions=1)
    for name, one in [("plain alone", alone), ("all decoders", document)]:
        memory = one["memory"]["anonymous_bytes"]
        if memory is not None:
            summary.add(setting, f"memory beside the package, {name}", memory / 2**20, "MiB", 150, most=True)
    own = speeds(bench(path, threads, arithmetic, arguments, "vanilla,adaptive"))
    summary.add(setting, "adaptive, no draft right, to plain", own["adaptive"]["to_vanilla"], "x", 0.97)
    if two and not arguments.no_busy:
        ratio = busy(path, threads, arithmetic, arguments)
        if ratio is not None:
            summary.add(setting, "beside a busy core, to quiet", ratio, "x", 0.7)
    return documents


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", help="where checkpoints and packages are kept")
    parser.add_argument("--shapes", default="dense", help=", ".join(SHAPES))
    parser.add_argument("--package", help="a package to measure instead")
    parser.add_argument("--threads", default="2,1")
    parser.add_argument("--arithmetic", default="canonical,fast")
    parser.add_argument("--impose", default=IMPOSED, help="chances by place, drafts from all ids (default %(default)s)")
    parser.add_argument("--draft-shortlist", type=int, default=32000,
                        help="measure drafts from so many of the lowest ids too; 0 for not (default %(default)s)")
    parser.add_argument("--impose-shortlist", default=IMPOSED_SHORTLIST,
                        help="chances by place, drafts from the shortlist (default %(default)s)")
    parser.add_argument("--peer-decode", type=float, default=PEER_DECODE,
                        help="tokens a second that another program decodes with 2 threads, dense (default %(default)s)")
    parser.add_argument("--peer-prompt", type=float, default=PEER_PROMPT,
                        help="tokens a second of its prompt of 256 (default %(default)s)")
    parser.add_argument("--limit", type=int, default=64, help="tokens of a decoding")
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--no-busy", action="store_true", help="without the lines beside a busy core")
    parser.add_argument("--binaries", default=os.path.join(".build", "release"), help="folder of cambium and verify-runner")
    parser.add_argument("--json", action="store_true", help="print all documents and the summary as JSON")
    arguments = parser.parse_args()
    if not all(shape in SHAPES for shape in arguments.shapes.split(",")):
        parser.error(f"--shapes takes {', '.join(SHAPES)}")
    shapes = {"package": arguments.package} if arguments.package else {
        shape: package(shape, arguments) for shape in arguments.shapes.split(",")}
    summary, documents = Summary(), []
    if arguments.json:
        sys.stdout, out = sys.stderr, sys.stdout
    for shape, path in shapes.items():
        for arithmetic in arguments.arithmetic.split(","):
            for threads in map(int, arguments.threads.split(",")):
                if arithmetic != "canonical" and documents and not documents[0]["machine"]["has_fast"]:
                    print(f"{shape} {arithmetic}: not on this machine")
                    continue
                documents += measure(shape, path, threads, arithmetic, arguments, summary)
    missed = [f"{row['setting']}: {row['what']}" for row in summary.rows if row.get("met") is False]
    print(f"{sum('met' in row for row in summary.rows)} goals, {len(missed)} missed" + "".join(f"\n  {name}" for name in missed))
    if arguments.json:
        print(json.dumps({"bench_decode": 1, "summary": summary.rows, "documents": documents}, indent=2), file=out)


main()
