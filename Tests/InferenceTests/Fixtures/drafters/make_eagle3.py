"""A small EAGLE-3 drafter with random weights for the demo's trunk, and what it computes, by numpy in float64.

    python make_eagle3.py

Writes tiny-eagle3/{config.json,model.safetensors} and tiny-eagle3-golden.safetensors. The streams of the trunk are those
of demo-dflash-golden.safetensors (`chat-20.taps`, behind layers 1, 4 and 6), which transformers confirmed; the embedding
is the trunk's. The order of the layer is that of eagle/model/cnets.py.
"""

import json
import struct
from pathlib import Path

import numpy as np

here = Path(__file__).parent
trunk = here.parents[3] / "manifests/demo/trunk"
H, WIDE, HEADS, KV, D, VOCABULARY, DRAFT, STEPS = 256, 96, 4, 2, 32, 4096, 192, 5
THETA, EPSILON = 10_000_000, 1e-6


def read(path):
    data = Path(path).read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    tensors = {}
    for name, entry in json.loads(data[8 : 8 + length]).items():
        if name == "__metadata__":
            continue
        start, end = entry["data_offsets"]
        raw = data[8 + length + start : 8 + length + end]
        if entry["dtype"] == "BF16":
            array = (np.frombuffer(raw, "<u2").astype(np.uint32) << 16).view(np.float32)
        else:
            array = np.frombuffer(raw, {"F32": "<f4", "I32": "<i4"}[entry["dtype"]])
        tensors[name] = array.reshape(entry["shape"])
    return tensors


def write(path, tensors):
    header, body = {}, b""
    for name, (dtype, array) in sorted(tensors.items()):
        raw = array.tobytes()
        header[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": [len(body), len(body) + len(raw)]}
        body += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    Path(path).write_bytes(struct.pack("<Q", len(text)) + text + body)


def bf16(array):
    bits = np.asarray(array, np.float32).view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype("<u2")


def wide(bits):
    return (bits.astype(np.uint32) << 16).view(np.float32).astype(np.float64)


random = np.random.default_rng(21)
shapes = {
    "fc.weight": (H, 3 * H),
    "lm_head.weight": (DRAFT, H),
    "midlayer.self_attn.q_proj.weight": (HEADS * D, 2 * H),
    "midlayer.self_attn.k_proj.weight": (KV * D, 2 * H),
    "midlayer.self_attn.v_proj.weight": (KV * D, 2 * H),
    "midlayer.self_attn.o_proj.weight": (H, HEADS * D),
    "midlayer.mlp.gate_proj.weight": (WIDE, H),
    "midlayer.mlp.up_proj.weight": (WIDE, H),
    "midlayer.mlp.down_proj.weight": (H, WIDE),
}
gains = {"fc.weight": 0.1, "midlayer.self_attn.o_proj.weight": 4, "midlayer.mlp.down_proj.weight": 4}
weights = {name: bf16(random.normal(0, gains.get(name, 1) * s[1] ** -0.5, s)) for name, s in shapes.items()}
for name in ["midlayer.hidden_norm", "midlayer.input_layernorm", "midlayer.post_attention_layernorm", "norm"]:
    weights[name + ".weight"] = bf16(random.uniform(0.5, 1.5, H))
chosen = np.sort(random.choice(VOCABULARY, DRAFT, replace=False))
t2d = np.zeros(VOCABULARY, np.uint8)
t2d[chosen] = 1
stored = {name: ("BF16", bits) for name, bits in weights.items()}
stored["d2t"] = ("I64", (chosen - np.arange(DRAFT)).astype("<i8"))
stored["t2d"] = ("BOOL", t2d)
(here / "tiny-eagle3").mkdir(exist_ok=True)
write(here / "tiny-eagle3/model.safetensors", stored)
config = {
    "architectures": ["LlamaForCausalLMEagle3"], "attention_bias": False, "draft_vocab_size": DRAFT,
    "eagle_aux_hidden_state_layer_ids": [2, 5, 7], "head_dim": D, "hidden_act": "silu", "hidden_size": H,
    "intermediate_size": WIDE, "model_type": "llama", "num_attention_heads": HEADS, "num_hidden_layers": 1,
    "num_key_value_heads": KV, "rms_norm_eps": EPSILON, "rope_scaling": None, "rope_theta": THETA,
    "tie_word_embeddings": False, "vocab_size": VOCABULARY,
}  # fmt: skip
(here / "tiny-eagle3/config.json").write_text(json.dumps(config, indent=2) + "\n")

w = {name: wide(bits) for name, bits in weights.items()}
golden = read(here / "demo-dflash-golden.safetensors")
shard = read(next(trunk.glob("*.safetensors")))
embedding = next(value for name, value in shard.items() if name.endswith("embed_tokens.weight")).astype(np.float64)


def norm(x, name):
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + EPSILON) * w[name + ".weight"]


def rotate(x, position):
    angle = position * THETA ** (-np.arange(0, D, 2) / D)
    a, b = x[..., : D // 2], x[..., D // 2 :]
    return np.concatenate([a * np.cos(angle) - b * np.sin(angle), b * np.cos(angle) + a * np.sin(angle)], -1)


keys, values = [], []


def step(token, state):
    position = len(keys)
    x = np.concatenate([norm(embedding[token], "midlayer.input_layernorm"), norm(state, "midlayer.hidden_norm")])
    q = rotate((w["midlayer.self_attn.q_proj.weight"] @ x).reshape(HEADS, D), position)
    keys.append(rotate((w["midlayer.self_attn.k_proj.weight"] @ x).reshape(KV, D), position))
    values.append((w["midlayer.self_attn.v_proj.weight"] @ x).reshape(KV, D))
    out = []
    for head in range(HEADS):
        k = np.array([key[head * KV // HEADS] for key in keys])
        v = np.array([value[head * KV // HEADS] for value in values])
        scores = k @ q[head] * D**-0.5
        scores = np.exp(scores - scores.max())
        out.append(scores / scores.sum() @ v)
    x = state + w["midlayer.self_attn.o_proj.weight"] @ np.concatenate(out)
    y = norm(x, "midlayer.post_attention_layernorm")
    gate = w["midlayer.mlp.gate_proj.weight"] @ y
    return x + w["midlayer.mlp.down_proj.weight"] @ (
        gate / (1 + np.exp(-gate)) * (w["midlayer.mlp.up_proj.weight"] @ y)
    )


prompt = golden["chat-20.prompt_ids"].tolist()
newest = int(golden["chat-20.round0.input_ids"][0])
fused = golden["chat-20.taps"].astype(np.float64) @ w["fc.weight"].T
for token, state in zip(prompt[1:] + [newest], fused):
    out = step(token, state)
drafts, hidden, logits = [], [], []
for _ in range(STEPS):
    row = w["lm_head.weight"] @ norm(out, "norm")
    hidden.append(out)
    logits.append(row)
    drafts.append(int(chosen[row.argmax()]))
    out = step(drafts[-1], out)
write(
    here / "tiny-eagle3-golden.safetensors",
    {
        "prompt_ids": ("I32", np.array(prompt, "<i4")), "drafts": ("I32", np.array(drafts, "<i4")),
        "context": ("F32", fused.astype("<f4")), "hidden": ("F32", np.array(hidden).astype("<f4")),
        "logits": ("F32", np.array(logits).astype("<f4")),
    },
)  # fmt: skip
print(drafts, [float(np.sort(row)[-1] - np.sort(row)[-2]) for row in logits])
