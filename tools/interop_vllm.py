#!/usr/bin/env python3
"""Drafts with vllm-mlx's own head injection, from a package of ours whose head is laid where it looks for it.

    python tools/interop_vllm.py PACKAGE VLLM

VLLM is a folder with vllm-mlx 0.6.0 unpacked (`pip download vllm-mlx==0.6.0 --no-deps`, unzipped); Python has mlx and mlx-lm. The
head goes to `mtp/weights.safetensors` of a copy, once with the `mtp/manifest.json` that says how its norms are stored and
once without. With it, drafts must be accepted; without, vllm-mlx adds 1 to every norm whose mean is below a half, as that of
two norms of released heads is (of the demo's none is).
"""
import importlib.util
import json
import shutil
import sys
import tempfile
from pathlib import Path

PROMPTS = ["def add(a, b):\n", "The capital of", "<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n"]
TOKENS = 40


def injection(folder):
    """vllm-mlx's module for the heads of Qwen3.5, without the rest of the package."""
    spec = importlib.util.spec_from_file_location("qwen3_5_mtp", Path(folder) / "vllm_mlx/patches/qwen3_5_mtp.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def laid_out(package, folder, declares):
    shutil.copytree(package, folder)
    (folder / "mtp").mkdir()
    (folder / "mtp.safetensors").rename(folder / "mtp/weights.safetensors")
    if declares:
        words = {"artifact_schema_version": 1, "rmsnorm_weight_format": "mlx_gamma"}
        (folder / "mtp/manifest.json").write_text(json.dumps(words))
    return folder


def accepted(folder, module):
    """First drafts that are what the trunk says next, and all first drafts."""
    import mlx.core as mx
    from mlx_lm import load
    from mlx_lm.models.cache import make_prompt_cache

    model, tokenizer = load(str(folder))
    config = json.loads((folder / "config.json").read_text())
    if not module.inject_mtp_support(model, folder, config) or not module.validate_mtp_support(model):
        sys.exit("vllm-mlx did not take the head")
    text = getattr(model, "language_model", model)
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
    return right, every


def main():
    package, module = Path(sys.argv[1]).resolve(), injection(sys.argv[2])
    shares = {}
    with tempfile.TemporaryDirectory() as scratch:
        for declares in (True, False):
            right, every = accepted(laid_out(package, Path(scratch) / str(declares), declares), module)
            shares[declares] = right / every
            print(f"{'with' if declares else 'without'} mtp/manifest.json: {right} of {every} first drafts accepted")
    sys.exit(0 if shares[True] >= 0.4 and shares[True] >= shares[False] else 1)


main()
