"""A small DFlash 2 drafter with random weights for the demo's trunk, and what z-lab's package computes with it in float32.

    PYTHONPATH=<dflash 0.1.0> python make_dflash2.py      (torch, transformers 5)

Writes tiny-dflash2/{config.json,model.safetensors} and tiny-dflash2-golden.safetensors. The streams of the trunk are those
of demo-dflash-golden.safetensors (`chat-20.taps`, behind layers 1, 4 and 6), which transformers confirmed; embedding and
output projection are the trunk's.
"""

import json
from pathlib import Path

import numpy as np
import torch
from transformers import Qwen3Config

here = Path(__file__).parent
# The reader, the writer and the rounding of the other maker, without what it makes.
source = (here / "make_eagle3.py").read_text().split("random = np.random")[0]
exec(compile(source, "make_eagle3.py", "exec"))

H, WIDE, HEADS, KV, D, VOCABULARY, B = 256, 64, 4, 2, 32, 4096, 8
TAPS, K, GROUP, RANK, TOP = [1, 4, 6], 2, 16, 16, 16
config = {
    "architectures": ["DFlash2DraftModel"], "attention_bias": False,
    "dflash_config": {
        "block_size": B, "conv_group_size": GROUP, "conv_kernel_size": K, "mask_token_id": 4074,
        "selector_rank": RANK, "selector_top_k": TOP, "target_layer_ids": TAPS,
    },
    "head_dim": D, "hidden_act": "silu", "hidden_size": H, "intermediate_size": WIDE, "is_causal": False,
    "layer_types": ["sliding_attention", "full_attention"], "max_position_embeddings": 32768, "model_type": "qwen3",
    "num_attention_heads": HEADS, "num_hidden_layers": 2, "num_key_value_heads": KV, "num_target_layers": 8,
    "rms_norm_eps": 1e-06, "rope_theta": 10000000, "sliding_window": 12, "use_sliding_window": True,
    "vocab_size": VOCABULARY,
}  # fmt: skip
(here / "tiny-dflash2").mkdir(exist_ok=True)
(here / "tiny-dflash2/config.json").write_text(json.dumps(config, indent=2) + "\n")

from dflash.model import DFlash2DraftModel  # noqa: E402

torch.manual_seed(0)
torch.set_num_threads(1)
settings = {key: value for key, value in config.items() if key not in ("architectures", "is_causal")}
made = Qwen3Config(**settings, attn_implementation="sdpa")
made.is_causal = False
model = DFlash2DraftModel(made).eval().float()

random = np.random.default_rng(22)
stored = {}
for name, value in model.state_dict().items():
    shape = tuple(value.shape)
    if name.endswith("base_kernel"):
        array = random.normal(0, 0.2, shape)
        array[:, 0] += 1
    elif len(shape) == 1:
        array = random.uniform(0.5, 1.5, shape)
    elif "codebook" in name:
        array = random.normal(0, 0.6, shape)
    else:
        gain = 0.1 if name == "fc.weight" else 0.3 if "kernel_projection" in name else 4 if "o_proj" in name or "down" in name else 1
        array = random.normal(0, gain * shape[-1] ** -0.5, shape)
    bits = bf16(array)
    value.copy_(torch.from_numpy(wide(bits).astype(np.float32)))
    # As it is published, without `.weight`.
    stored[name.removesuffix(".weight") if "codebook" in name else name] = ("BF16", bits)
write(here / "tiny-dflash2/model.safetensors", stored)

golden = read(here / "demo-dflash-golden.safetensors")
shard = read(next(trunk.glob("*.safetensors")))
pick = lambda end: next((value for name, value in shard.items() if name.endswith(end)), None)  # noqa: E731
embedding = torch.from_numpy(pick("embed_tokens.weight").astype(np.float32))
head = pick("lm_head.weight")
head = embedding if head is None else torch.from_numpy(head.astype(np.float32))
taps = torch.from_numpy(golden["chat-20.taps"].astype(np.float32))[None]
first = int(golden["chat-20.round0.input_ids"][0])
ids = torch.tensor([first] + [4074] * (B - 1))
positions = torch.arange(taps.shape[1] + B)[None]
streams = []
for layer in model.layers:
    layer.register_forward_hook(lambda module, args, output: streams.append(output[0].detach()))
with torch.no_grad():
    hidden = model(position_ids=positions, noise_embedding=embedding[ids][None], target_hidden=taps)
    outputs = hidden[:, 1:]
    logits = model.compute_logits(outputs, lambda x: x @ head.T)
    drafts, candidates, _ = model.candidate_selector.select(outputs, logits, torch.tensor([first]), 0.0)
unary = logits.argmax(-1)[0]
print("drafts", drafts[0].tolist(), "without the selector", unary.tolist())
# How far the chosen score is above the next, and the weakest candidate above what is left out.
with torch.no_grad():
    z = model.candidate_selector.hidden_projection(outputs)[0]
    prev, margins = first, []
    for t in range(B - 1):
        top = torch.topk(logits[0, t], TOP + 1).values
        c = candidates[0, t]
        s = logits[0, t][c] + (model.candidate_selector.predecessor_codebook.weight[prev] * z[t]) @ model.candidate_selector.successor_codebook.weight[c].T
        best = torch.topk(s, 2).values
        margins.append((float(best[0] - best[1]), float(top[-2] - top[-1])))
        prev = int(drafts[0, t])
print("margins", margins)
out = {"drafts": ("I32", drafts[0].numpy().astype("<i4")), "hidden": ("F32", hidden[0].numpy().astype("<f4"))}
for index, stream in enumerate(streams):
    out[f"layer{index}"] = ("F32", stream.reshape(B, H).numpy().astype("<f4"))
write(here / "tiny-dflash2-golden.safetensors", out)
