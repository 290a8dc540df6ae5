"""Heads in every place, given to the real readers: what `cambium inspect` says of each folder must be what they do.

Used by interop.py. As a program of its own (`interop_heads.py probe FOLDER TRUTH`) it loads one folder with the mlx-lm
and mlx-vlm that are on its path and prints what became of trunk and head; older releases are probed that way.
"""

import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

TINY = Path(__file__).resolve().parent / "tiny"
PIPELINES = Path(__file__).resolve().parent.parent / "pipelines"

ARCHITECTURES = {
    "qwen3_5": ["--arch", "qwen3_5", "--seed", "3"],
    "qwen3_5_moe": ["--arch", "qwen3_5_moe", "--seed", "4"],
    "qwen3_next": ["--arch", "qwen3_next", "--seed", "1"],
}
PLACES = [
    "none", "shard", "listed", "unlisted", "unindexed", "model file", "nested", "drafter", "own drafter", "never shifted",
]

# Rows of the matrix, and the releases that stand for them.
INSTALLED = {"mlx-lm>=0.32": "mlx_lm", "mlx-vlm>=0.7.8": "mlx_vlm"}
OLDER = {
    "mlx-lm<=0.31.3": ("mlx_lm", "mlx-lm==0.31.3"),
    "mlx-vlm<0.6.9": ("mlx_vlm", "mlx-vlm==0.6.8"),
    "mlx-vlm>=0.6.9,<0.6.12": ("mlx_vlm", "mlx-vlm==0.6.9"),
    "mlx-vlm>=0.6.12,<0.7.8": ("mlx_vlm", "mlx-vlm==0.7.6"),
}


# MARK: folders


def save(path, tensors, metadata):
    import mlx.core as mx

    path.parent.mkdir(parents=True, exist_ok=True)
    mx.save_safetensors(str(path), tensors, metadata=metadata)


class Folders:
    """Converted trunks without head, heads as mlx-vlm's splitter makes them, and both put together in every place."""

    def __init__(self, folder, binary):
        self.folder = folder
        self.binary = binary
        self.made = {}

    def trunk(self, arch):
        """(converted trunk, head under `mtp.`, truth for probes)"""
        if arch in self.made:
            return self.made[arch]
        import mlx.core as mx
        from mlx_vlm.speculative.drafters.mtp_split import get_mtp_splitter

        source = self.folder / f"{arch}-source"
        subprocess.run(
            [sys.executable, str(TINY / "make_tiny_checkpoint.py"), str(source), *ARCHITECTURES[arch]],
            check=True, capture_output=True, text=True,
        )
        trunk = self.folder / f"{arch}-trunk"
        if arch == "qwen3_next":
            from mlx_lm import convert
        else:
            from mlx_vlm.convert import convert
        convert(str(source), mlx_path=str(trunk), quantize=True, q_mode="affine", q_bits=4, q_group_size=64)
        config = json.loads((source / "config.json").read_text())
        _, weights = get_mtp_splitter(source_config=config).prepare(source, source_config=config)
        head = {f"mtp.{name}": value for name, value in weights.items()}
        norm = next(
            value
            for file in sorted(trunk.glob("*.safetensors"))
            for name, value in mx.load(str(file)).items()
            if name.endswith("model.norm.weight")
        )
        truth = {
            "trunk_norm": norm.astype(mx.float32).tolist(),
            "head_norm": head["mtp.norm.weight"].astype(mx.float32).tolist(),
        }
        self.made[arch] = (trunk, head, truth)
        return self.made[arch]

    def place(self, arch, place):
        import mlx.core as mx

        trunk, head, _ = self.trunk(arch)
        target = self.folder / f"{arch}-{place.replace(' ', '-')}"
        shutil.copytree(trunk, target)
        index = json.loads((target / "model.safetensors.index.json").read_text())
        marked = {"format": "mlx"}
        if place == "shard":
            file = target / "model.safetensors"
            save(target / "new.safetensors", {**mx.load(str(file)), **head}, marked)
            (target / "new.safetensors").replace(file)
            index["weight_map"].update({name: file.name for name in head})
        elif place in ("listed", "unlisted", "unindexed"):
            save(target / "mtp.safetensors", head, marked)
            if place == "listed":
                index["weight_map"].update({name: "mtp.safetensors" for name in head})
        elif place == "model file":
            save(target / "model-mtp.safetensors", head, marked)
        elif place == "nested":
            save(target / "mtp" / "weights.safetensors", head, marked)
        elif place == "drafter":
            beside = target.with_name(target.name + "-mtp")
            source = self.folder / f"{arch}-source"
            subprocess.run(
                [sys.executable, "-m", "mlx_vlm.split_mtp", "--model", str(source), "--output", str(beside)],
                check=True, capture_output=True, text=True,
            )
        elif place == "own drafter":
            manifest = self.folder / f"{arch}.json"
            settings = {"cambium": 1, "source": str(self.folder / f"{arch}-source"), "pipeline": "graft-only"}
            settings |= {"check": False, "layouts": ["drafter"], "output": str(self.folder / f"{arch}-ours")}
            manifest.write_text(json.dumps(settings))
            environment = {**os.environ, "CAMBIUM_PIPELINES": str(PIPELINES)}
            subprocess.run([str(self.binary), "run", str(manifest)], check=True, capture_output=True, env=environment)
            shutil.copytree(self.folder / f"{arch}-ours-mtp", target.with_name(target.name + "-mtp"))
        elif place == "never shifted":
            raw = {n: v - 1 if "norm" in n else v for n, v in head.items()}
            save(target / "mtp.safetensors", raw, marked)
        (target / "model.safetensors.index.json").write_text(json.dumps(index))
        if place == "unindexed":
            (target / "model.safetensors.index.json").unlink()
        return target


# MARK: probes


def close(values, array):
    import mlx.core as mx

    return max(abs(a - b) for a, b in zip(values, array.astype(mx.float32).tolist())) < 0.01


def norm_of(model):
    """The final norm, wherever a reader keeps it."""
    from mlx.utils import tree_flatten

    return next(v for n, v in tree_flatten(model.parameters()) if n.endswith("model.norm.weight"))


def probe_lm(folder, truth):
    from mlx_lm.utils import load_model

    try:
        model, _ = load_model(Path(folder))
    except Exception as error:
        return "refuses", f"{type(error).__name__}: {error}"
    if not close(truth["trunk_norm"], norm_of(model)):
        return "would corrupt", "the final norm is not the one that is stored"
    return "loads without head", ""


def probe_vlm(folder, truth):
    from mlx_vlm.utils import load_model
    from mlx_vlm.speculative.drafters import load_drafter

    try:
        model = load_model(Path(folder))
    except Exception as error:
        return "refuses", f"{type(error).__name__}: {error}"
    if not close(truth["trunk_norm"], norm_of(model)):
        return "would corrupt", "the final norm is not the one that is stored"
    said = "no draft model"
    for place in [str(folder), f"{folder}-mtp"]:
        if not os.path.isdir(place):
            continue
        try:
            drafter, kind = load_drafter(place)
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
            continue
        # An old release takes any folder for a draft model, also the trunk itself.
        if kind != "mtp" or not hasattr(drafter, "pre_fc_norm_hidden"):
            said = f"a draft model of kind {kind}"
            continue
        good = close(truth["head_norm"], drafter.norm.weight)
        return ("loads with head", "") if good else ("would corrupt", "the head's norm is not as it should be")
    return "loads without head", said


PROBES = {"mlx_lm": probe_lm, "mlx_vlm": probe_vlm}


def probe_older(package, path, folder, truth):
    """A probe in a process of its own, with an older release in front of the installed one."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(truth, file)
        file.flush()
        result = subprocess.run(
            [sys.executable, __file__, "probe", package, str(folder), file.name],
            env={**os.environ, "PYTHONPATH": str(path)}, capture_output=True, text=True, check=False,
        )
    if result.returncode != 0:
        raise RuntimeError(result.stderr.strip().splitlines()[-1] if result.stderr.strip() else "the probe died")
    return tuple(json.loads(result.stdout.strip().splitlines()[-1]))


# MARK: checks


def matrix(binary, folder, failed):
    result = subprocess.run(
        [str(binary), "inspect", "--json", str(folder)], capture_output=True, text=True, check=False
    )
    if result.returncode != 0:
        raise failed(f"cambium inspect {folder} ended with {result.returncode}: {result.stderr}")
    return {row["reader"]: row for row in json.loads(result.stdout)["readers"]}


def checks(table, folder, binary, failed, older=None):
    """`older`: a folder into which older releases are installed; None leaves them out."""
    folders = Folders(folder, binary)
    releases = {}
    if older is not None:
        for reader, (package, requirement) in OLDER.items():
            path = older / requirement.replace("==", "-")
            if not path.is_dir():
                subprocess.run(
                    [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(path), requirement],
                    check=True,
                )
            releases[reader] = (package, path)

    def one(arch, place):
        _, _, truth = folders.trunk(arch)
        target = folders.place(arch, place)
        said = matrix(binary, target, failed)
        found = {reader: PROBES[package](target, truth) for reader, package in INSTALLED.items()}
        for reader, (package, path) in releases.items():
            found[reader] = probe_older(package, path, target, truth)
        wrong = [
            f"{reader}: cambium says {said[reader]['verdict']} ({said[reader]['reason']}), it {word} ({why[:200]})"
            for reader, (word, why) in found.items()
            if said[reader]["verdict"] != word
        ]
        if wrong:
            raise failed("; ".join(wrong))
        return ", ".join(f"{reader} {word}" for reader, (word, _) in found.items())

    for arch in ARCHITECTURES:
        for place in PLACES:
            table.check(f"readers, tiny {arch}, head {place}", lambda a=arch, p=place: one(a, p))


def main():
    if len(sys.argv) != 5 or sys.argv[1] != "probe":
        sys.exit("usage: interop_heads.py probe mlx_lm|mlx_vlm FOLDER TRUTH.json")
    package, folder, truth = sys.argv[2:]
    print(json.dumps(PROBES[package](folder, json.loads(Path(truth).read_text()))))


if __name__ == "__main__":
    main()
