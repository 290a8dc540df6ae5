"""Drafts with vllm-mlx's own code from a package of the layout `mtp-folder`, just as cambium wrote it.

Used by interop.py. Of vllm-mlx one file is loaded, the one that puts a head into a trunk that mlx-lm has loaded.
"""

import importlib.util
import json
import shutil
from pathlib import Path

PROMPTS = ["def add(a, b):\n", "The capital of", "<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n"]
TOKENS = 40

# Norms that have a mean below a half in released heads, not in the demo's.
LOW = ["mtp.pre_fc_norm_embedding.weight", "mtp.pre_fc_norm_hidden.weight"]


def injection():
    """vllm-mlx's module for the heads of Qwen3.5, without the rest of the package."""
    package = importlib.util.find_spec("vllm_mlx")
    file = Path(package.submodule_search_locations[0]) / "patches" / "qwen3_5_mtp.py"
    spec = importlib.util.spec_from_file_location("vllm_mlx_qwen3_5_mtp", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class HeadFolder:
    def __init__(self, folder, source, convert, failed):
        self.folder = folder
        self.source = source
        self.convert = convert
        self.failed = failed
        self.package = folder / "laid"
        self.module = injection()

    def lay(self):
        """The demo's package laid out anew: its trunk keeps its bytes, its head moves."""
        manifest = self.folder / "laid.json"
        manifest.write_text(
            json.dumps(
                {
                    "cambium": 1,
                    "source": str(self.source),
                    "pipeline": "graft-only",
                    "layouts": ["mtp-folder"],
                    "readers": ["vllm-mlx", "mlx-lm>=0.32"],
                    "check": False,
                    "output": str(self.package),
                }
            )
        )
        self.convert(manifest)
        files = sorted(f"mtp/{file.name}" for file in (self.package / "mtp").iterdir())
        if files != ["mtp/manifest.json", "mtp/weights.safetensors"] or list(self.package.glob("mtp.*")):
            raise self.failed(f"the head lies in {files}")
        if (self.source / "model.safetensors").read_bytes() != (self.package / "model.safetensors").read_bytes():
            raise self.failed("the trunk is not what it was")
        return f"{', '.join(files)}; the trunk keeps its bytes"

    def load(self, folder):
        """Trunk by mlx-lm (strict), head by vllm-mlx."""
        from mlx_lm import load

        model, tokenizer = load(str(folder))
        config = json.loads((folder / "config.json").read_text())
        if not self.module.inject_mtp_support(model, folder, config) or not self.module.validate_mtp_support(model):
            raise self.failed("vllm-mlx did not take the head")
        return model, getattr(model, "language_model", model), tokenizer

    def drafts(self):
        """First drafts that are what the trunk says next."""
        import mlx.core as mx
        from mlx_lm.models.cache import make_prompt_cache

        model, text, tokenizer = self.load(self.package)
        right = every = 0
        for prompt in PROMPTS:
            cache, head = make_prompt_cache(model), text.make_mtp_cache()
            ids = tokenizer.encode(prompt, add_special_tokens=False)
            logits, hidden = text(mx.array([ids]), cache=cache, return_hidden=True)
            token, following = int(mx.argmax(logits[0, -1])), ids[1:]
            for _ in range(TOKENS):
                # The head sees each hidden state with the token behind it, from the beginning of the text.
                draft = text.mtp_forward(hidden, mx.array([following + [token]]), mtp_cache=head)
                guess, following = int(mx.argmax(draft[0, -1])), []
                logits, hidden = text(mx.array([[token]]), cache=cache, return_hidden=True)
                token = int(mx.argmax(logits[0, -1]))
                right, every = right + (guess == token), every + 1
        said = f"{right} of {every} first drafts accepted ({right / every:.1%})"
        if right < 0.4 * every:
            raise self.failed(said)
        return said

    def low_norms(self):
        """What the manifest is for: norms of a low mean stay what they are with it, and have 1 added without it."""
        import mlx.core as mx

        folder = self.folder / "low"
        shutil.copytree(self.package, folder)
        weights = folder / "mtp" / "weights.safetensors"
        tensors = mx.load(str(weights))
        for name in LOW:
            tensors[name] = mx.full(tensors[name].shape, 0.25, dtype=tensors[name].dtype)
        mx.eval(list(tensors.values()))
        weights.unlink()
        mx.save_safetensors(str(weights), tensors, metadata={"format": "mlx"})
        found = []
        for declares in (True, False):
            if not declares:
                (folder / "mtp" / "manifest.json").unlink()
            _, text, _ = self.load(folder)
            norms = [text.mtp.pre_fc_norm_embedding.weight, text.mtp.pre_fc_norm_hidden.weight]
            found.append({round(norm.astype(mx.float32).mean().item(), 4) for norm in norms})
        if found != [{0.25}, {1.25}]:
            raise self.failed(f"means {found[0]} with mtp/manifest.json, {found[1]} without: see the page Heads")
        return "a mean of 0.25 stays with mtp/manifest.json and becomes 1.25 without"


def checks(table, folder, source, convert, failed):
    """`source` is a package of ours; `convert` runs a manifest. Returns the package that was laid out."""
    laid = HeadFolder(folder, source, convert, failed)
    table.check("cambium lays the head out for vllm-mlx", laid.lay)
    table.check("vllm-mlx drafts with the head in mtp/", laid.drafts)
    table.check("vllm-mlx adds 1 to low norms without its words", laid.low_norms)
    return laid.package
