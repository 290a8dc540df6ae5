"""Tiny random checkpoints of every architecture, compared with lists of what the real converters made of them.

`tiny/make_tiny_checkpoint.py` makes the checkpoints, always the same bytes. `tiny/converted/*.json` lists dtype, shape
and SHA-256 of each tensor that `mlx_lm.convert` (lm-), `mlx_vlm.convert` (vlm-) and mlx-vlm's splitter of heads (mtp-)
made of them with MLX's CPU backend. Used by interop.py.
"""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

TINY = Path(__file__).resolve().parent / "tiny"
PIPELINES = Path(__file__).resolve().parent.parent / "pipelines"

FORMATS = {
    "affine4": {"mode": "affine", "bits": 4, "group_size": 64},
    "affine8g32": {"mode": "affine", "bits": 8, "group_size": 32},
    "mxfp4": {"mode": "mxfp4"},
    "mxfp8": {"mode": "mxfp8"},
    "nvfp4": {"mode": "nvfp4"},
}


class Tiny:
    """Checkpoints and packages, each made once and kept while the folder lasts."""

    def __init__(self, folder, convert, tensors, failed):
        self.folder, self.convert, self.tensors, self.failed = folder, convert, tensors, failed
        self.made = {}

    def once(self, key, make):
        if key not in self.made:
            self.made[key] = make()
        return self.made[key]

    def checkpoint(self, arguments):
        name = "-".join(a.lstrip("-") for a in arguments)

        def make():
            place = self.folder / "checkpoints" / name
            subprocess.run(
                [sys.executable, str(TINY / "make_tiny_checkpoint.py"), str(place), *arguments],
                check=True, capture_output=True, text=True,
            )
            return place

        return self.once(("checkpoint", name), make)

    def package(self, arguments, pipeline, quantization):
        source = self.checkpoint(arguments)
        label = "-".join([source.name, Path(pipeline).stem, *(str(v) for v in quantization.values())])

        def make():
            manifest = self.folder / "packages" / f"{label}.json"
            manifest.parent.mkdir(exist_ok=True)
            settings = {
                "cambium": 1,
                "source": str(source),
                "pipeline": pipeline,
                # A random tensor with planted groups may be anything but similar after rounding.
                "thresholds": {"min_cosine": 0, "mean_cosine": 0},
                # Without a tokenizer there are no prompts.
                "check": False,
                "output": label,
            }
            if quantization:
                settings["quantization"] = {**quantization, "reference": "cpu"}
            manifest.write_text(json.dumps(settings, indent=2))
            self.convert(manifest)
            return manifest.parent / label

        return self.once(("package", label), make)

    def head_pipeline(self, mode):
        """`stock`, with a head as mlx-vlm's splitter quantizes it: every matrix, shared-expert gate and fc included,
        except the router."""

        def make():
            pipeline = json.loads((PIPELINES / "stock.json").read_text())
            pipeline["name"] = f"head-{mode}"
            pipeline["rules"] = [
                {"match": "mtp.**.mlp.gate.weight", "treatment": "keep"},
                {"role": "mtp", "treatment": "quantize"},
            ] + [rule for rule in pipeline["rules"] if rule.get("role") != "mtp"]
            place = self.folder / f"head-{mode}.json"
            place.write_text(json.dumps(pipeline))
            return str(place)

        return self.once(("pipeline", mode), make)

    def compare(self, path):
        """One list against the package that cambium makes under the same settings."""
        golden = json.loads(path.read_text())
        kind, _, job = path.stem.split("-")
        head = kind == "mtp"
        if head and job != "bf16":
            package = self.package(golden["source_args"], self.head_pipeline(job), FORMATS[job])
        else:
            package = self.package(golden["source_args"], "stock", FORMATS["mxfp4" if head else job])
        found = self.tensors(package)
        ours = {name.removeprefix("mtp."): t for name, t in found.items() if name.startswith("mtp.") == head}
        expected = golden["tensors"]
        missing = sorted(expected.keys() - ours.keys())
        if missing:
            raise self.failed(f"{len(missing)} tensors are missing, first {missing[0]}")
        for name, (dtype, shape, digest) in sorted(expected.items()):
            own = ours[name]
            if (dtype, shape) != (own[0], list(own[1])):
                raise self.failed(f"{name}: stock {dtype} {shape}, cambium {own[0]} {list(own[1])}")
            if digest != hashlib.sha256(own[2]).hexdigest():
                raise self.failed(f"{name} {dtype} {shape}: other bytes")
        more = sorted(ours.keys() - expected.keys())
        # mlx-lm has no vision tower.
        vision = [name for name in more if kind == "lm" and name.startswith("vision_tower.")]
        if len(more) > len(vision):
            other = next(name for name in more if name not in vision)
            raise self.failed(f"{other} is in the package and not in the list")
        text = f"{len(expected)} tensors equal"
        return text + (f"; besides {len(vision)} vision_tower.*" if vision else "")


def load_lm(package):
    from mlx_lm import load

    model, _ = load(str(package))
    return f"{type(model).__module__.split('.')[-1]}, strict"


def load_vlm(package, failed):
    from mlx_vlm.utils import load_model
    from mlx_vlm.speculative.drafters import load_drafter

    model = load_model(Path(package))
    drafter, kind = load_drafter(str(package))
    if kind != "mtp":
        raise failed(f"the package is taken for a draft model of kind {kind}, not mtp")
    return f"{model.config.model_type}; head: {type(drafter).__name__}"


def checks(table, folder, convert, tensors, failed):
    tiny = Tiny(folder, convert, tensors, failed)
    goldens = sorted((TINY / "converted").glob("*.json"))

    def listed():
        if not goldens:
            raise failed(f"none in {TINY / 'converted'}")
        return f"{len(goldens)} lists"

    table.check("lists of the tiny checkpoints", listed)
    for path in goldens:
        table.check(f"tiny {path.stem}", lambda path=path: tiny.compare(path))
    for arguments in (["--arch", "qwen3_next", "--seed", "1"], ["--arch", "qwen3_5_moe", "--seed", "4"]):
        name = arguments[1]
        table.check(f"mlx-lm loads tiny {name}, mxfp4", lambda a=arguments: load_lm(tiny.package(a, "mxfp4", {})))
        table.check(
            f"mlx-vlm loads tiny {name} and its head, mxfp4",
            lambda a=arguments: load_vlm(tiny.package(a, "mxfp4", {}), failed),
        )
