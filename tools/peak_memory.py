"""Peak memory of a conversion that stacks as many experts as Qwen3-Next's head has, of their real size.

A trunk of 4 layers with few experts takes a head with 512 (a pruned trunk with a whole head): 1,553 tensors, 3.3 GB, of
which three stacked tensors are made. Prints the peak resident size of the process beside the budget, and fails when it is
larger.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def synthetic(out, *options):
    """A checkpoint of the real sizes, made once."""
    if not (out / "config.json").exists():
        subprocess.run(
            [sys.executable, str(ROOT / "tools" / "make_synthetic_checkpoint.py"), str(out), "--preset", "next-80b",
             "--layers", "4", *options],
            check=True,
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="takes about 9 GB: checkpoints, work folder, package")
    parser.add_argument("--cambium", type=Path, default=ROOT / ".build" / "release" / "cambium")
    parser.add_argument("--experts", type=int, default=512)
    parser.add_argument("--memory", type=int, default=256, help="budget, MiB")
    parser.add_argument("--pipeline", default="mxfp4")
    options = parser.parse_args()
    folder = options.folder.resolve()
    synthetic(folder / "trunk", "--experts", "16", "--no-mtp")
    synthetic(folder / "donor", "--experts", str(options.experts), "--only-mtp")
    manifest = folder / "peak.json"
    settings = {"cambium": 1, "source": "trunk", "donor": "donor", "head": "graft", "pipeline": options.pipeline}
    manifest.write_text(json.dumps(settings | {"foreign": True, "output": f"out-{options.pipeline}"}))
    subprocess.run(["rm", "-rf", f"{folder}/out-{options.pipeline}", f"{folder}/out-{options.pipeline}.work"], check=True)
    # Up to verify: the decode check maps the whole model, and mapped pages count as resident.
    process = subprocess.Popen(
        [str(options.cambium), "run", str(manifest), "--memory", f"{options.memory}MiB", "--until", "verify", "--quiet"],
        stdout=subprocess.DEVNULL,
    )
    # Not RUSAGE_CHILDREN, which would count the generator too.
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        return 1
    mebibytes = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 2**20
    print(f"{options.experts} experts, {options.pipeline}: peak {mebibytes:.1f} MiB, budget {options.memory} MiB")
    return 0 if mebibytes <= options.memory else 2


if __name__ == "__main__":
    sys.exit(main())
