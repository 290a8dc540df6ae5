"""Small random checkpoints in the layout of Qwen3.5, written without numpy: vision tower, MTP head, sidecars.

About 1 MB, the same bytes each time. With experts the feed-forward layers are mixtures, so that the dense and the
sparse checkpoint together have a tensor of every role. Used by the tools that attack packages and runs.
"""

import json
import random
import struct
from pathlib import Path

SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|image_pad|>",
           "<|video_pad|>"]
VOCABULARY, HIDDEN, LAYERS = 288, 64, 4
SPECIAL += [f"<|extra_{number}|>" for number in range(VOCABULARY - 256 - len(SPECIAL))]
CHAT = ("{%- for m in messages %}{{- '<|im_start|>' + m.role + '\\n' + m.content + '<|im_end|>\\n' }}{%- endfor %}"
        "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}")
SPLIT = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+"
         r"|\s+(?!\S)|\s+")
TEXT = {
    "attention_bias": False, "attention_dropout": 0.0, "attn_output_gate": True, "bos_token_id": 256, "dtype": "bfloat16",
    "eos_token_id": 256, "full_attention_interval": 4, "head_dim": 32, "hidden_act": "silu", "hidden_size": HIDDEN,
    "initializer_range": 0.02, "linear_conv_kernel_dim": 4, "linear_key_head_dim": 32, "linear_num_key_heads": 1,
    "linear_num_value_heads": 2, "linear_value_head_dim": 32, "mamba_ssm_dtype": "float32",
    "max_position_embeddings": 2048, "mtp_num_hidden_layers": 1, "mtp_use_dedicated_embeddings": False,
    "num_attention_heads": 2, "num_hidden_layers": LAYERS, "num_key_value_heads": 1, "pad_token_id": None,
    "partial_rotary_factor": 0.25, "rms_norm_eps": 1e-6,
    "rope_parameters": {"mrope_interleaved": True, "mrope_section": [2, 1, 1], "partial_rotary_factor": 0.25,
                        "rope_theta": 10000000, "rope_type": "default"},
    "tie_word_embeddings": False, "use_cache": True, "vocab_size": VOCABULARY,
    "layer_types": ["full_attention" if layer % 4 == 3 else "linear_attention" for layer in range(LAYERS)],
}
VISION = {"deepstack_visual_indexes": [], "depth": 1, "hidden_act": "gelu_pytorch_tanh", "hidden_size": 32, "in_channels": 3,
          "initializer_range": 0.02, "intermediate_size": 72, "num_heads": 2, "num_position_embeddings": 16,
          "out_hidden_size": HIDDEN, "patch_size": 8, "spatial_merge_size": 2, "temporal_patch_size": 2}


def configuration(experts=0):
    kind = "qwen3_5_moe" if experts else "qwen3_5"
    text = dict(TEXT, model_type=kind + "_text")
    if experts:
        text.update(moe_intermediate_size=32, shared_expert_intermediate_size=32, num_experts=experts,
                    num_experts_per_tok=2, output_router_logits=False, router_aux_loss_coef=0.001)
    else:
        text["intermediate_size"] = 96
    name = "Qwen3_5MoeForConditionalGeneration" if experts else "Qwen3_5ForConditionalGeneration"
    return {"architectures": [name], "image_token_id": 261, "language_model_only": False, "model_type": kind,
            "text_config": text, "tie_word_embeddings": False, "transformers_version": "4.57.1", "video_token_id": 262,
            "vision_config": dict(VISION, model_type=kind), "vision_end_token_id": 260, "vision_start_token_id": 259}


def attention(prefix):
    yield prefix + "q_proj.weight", (128, HIDDEN)
    yield prefix + "k_proj.weight", (32, HIDDEN)
    yield prefix + "v_proj.weight", (32, HIDDEN)
    yield prefix + "o_proj.weight", (HIDDEN, 64)
    yield prefix + "q_norm.weight", (32,)
    yield prefix + "k_norm.weight", (32,)


def delta(prefix):
    for name, rows in (("qkv", 128), ("z", 64), ("b", 2), ("a", 2)):
        yield f"{prefix}in_proj_{name}.weight", (rows, HIDDEN)
    yield prefix + "conv1d.weight", (128, 1, 4)
    yield prefix + "A_log", (2,)
    yield prefix + "dt_bias", (2,)
    yield prefix + "norm.weight", (32,)
    yield prefix + "out_proj.weight", (HIDDEN, 64)


def feed_forward(prefix, experts):
    if not experts:
        yield prefix + "gate_proj.weight", (96, HIDDEN)
        yield prefix + "up_proj.weight", (96, HIDDEN)
        yield prefix + "down_proj.weight", (HIDDEN, 96)
        return
    yield prefix + "gate.weight", (experts, HIDDEN)
    yield prefix + "experts.gate_up_proj", (experts, 64, HIDDEN)
    yield prefix + "experts.down_proj", (experts, HIDDEN, 32)
    for name, shape in (("gate", (32, HIDDEN)), ("up", (32, HIDDEN)), ("down", (HIDDEN, 32))):
        yield f"{prefix}shared_expert.{name}_proj.weight", shape
    yield prefix + "shared_expert_gate.weight", (1, HIDDEN)


def trunk(experts, layers):
    root = "model.language_model."
    yield root + "embed_tokens.weight", (VOCABULARY, HIDDEN)
    for layer in range(layers):
        prefix = f"{root}layers.{layer}."
        yield prefix + "input_layernorm.weight", (HIDDEN,)
        yield prefix + "post_attention_layernorm.weight", (HIDDEN,)
        yield from attention(prefix + "self_attn.") if layer % 4 == 3 else delta(prefix + "linear_attn.")
        yield from feed_forward(prefix + "mlp.", experts)
    yield root + "norm.weight", (HIDDEN,)
    yield "lm_head.weight", (VOCABULARY, HIDDEN)


def head(experts):
    yield "mtp.fc.weight", (HIDDEN, 2 * HIDDEN)
    for name in ("norm", "pre_fc_norm_embedding", "pre_fc_norm_hidden"):
        yield f"mtp.{name}.weight", (HIDDEN,)
    yield "mtp.layers.0.input_layernorm.weight", (HIDDEN,)
    yield "mtp.layers.0.post_attention_layernorm.weight", (HIDDEN,)
    yield from attention("mtp.layers.0.self_attn.")
    yield from feed_forward("mtp.layers.0.mlp.", experts)


def tower():
    prefix, width = "model.visual.", VISION["hidden_size"]
    yield prefix + "patch_embed.proj.weight", (width, 3, 2, 8, 8)
    yield prefix + "patch_embed.proj.bias", (width,)
    yield prefix + "pos_embed.weight", (16, width)
    for name in ("norm1", "norm2"):
        yield f"{prefix}blocks.0.{name}.weight", (width,)
        yield f"{prefix}blocks.0.{name}.bias", (width,)
    for name, rows, columns in (("attn.qkv", 96, 32), ("attn.proj", 32, 32), ("mlp.linear_fc1", 72, 32),
                                ("mlp.linear_fc2", 32, 72)):
        yield f"{prefix}blocks.0.{name}.weight", (rows, columns)
        yield f"{prefix}blocks.0.{name}.bias", (rows,)
    yield prefix + "merger.norm.weight", (width,)
    yield prefix + "merger.norm.bias", (width,)
    for name, rows in (("linear_fc1", 128), ("linear_fc2", HIDDEN)):
        yield f"{prefix}merger.{name}.weight", (rows, 128)
        yield f"{prefix}merger.{name}.bias", (rows,)


def is_f32(name):
    return name.endswith(("A_log", "linear_attn.norm.weight"))


def elements(shape):
    count = 1
    for size in shape:
        count *= size
    return count


def values(name, shape):
    """Random numbers of a size that keeps activations near 1. One stream a name."""
    numbers, count = random.Random(name), elements(shape)
    if name.endswith("A_log"):
        return [numbers.uniform(-0.7, 2.7) for _ in range(count)]
    if len(shape) == 1:
        base = 1.0 if "visual" in name and name.endswith("weight") or "linear_attn.norm" in name else 0.0
        return [base + numbers.gauss(0, 0.1) for _ in range(count)]
    fan = count // shape[0] if len(shape) > 3 or "conv1d" in name else shape[-1]
    return [numbers.gauss(0, 0.7 / fan ** 0.5) for _ in range(count)]


def encoded(name, shape):
    """The tensor's bytes: bf16, rounded to nearest even, but for what releases keep in f32."""
    raw = struct.pack(f"<{elements(shape)}f", *values(name, shape))
    if is_f32(name):
        return raw
    words = struct.unpack(f"<{elements(shape)}I", raw)
    return struct.pack(f"<{len(words)}H", *((word + 0x7FFF + (word >> 16 & 1)) >> 16 for word in words))


def header(tensors, metadata=None):
    """The beginning of a safetensors file. `tensors`: name, dtype, shape, bytes."""
    records, offset = {"__metadata__": metadata or {"format": "pt"}}, 0
    for name, dtype, shape, size in tensors:
        records[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(records, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text


def write_shard(path, tensors):
    rows = [(name, "F32" if is_f32(name) else "BF16", shape, elements(shape) * (4 if is_f32(name) else 2))
            for name, shape in tensors]
    rows.sort(key=lambda row: (row[1] != "F32", row[0]))
    with open(path, "wb") as file:
        file.write(header(rows))
        for name, _, shape, _ in rows:
            file.write(encoded(name, shape))
    return sum(row[3] for row in rows)


def write(folder, experts=0, mtp=True, shards=2):
    """Makes the checkpoint in a folder that may exist; returns the folder."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    body = sorted(list(trunk(experts, LAYERS)) + list(tower()))
    step = -(-len(body) // shards)
    parts = [body[at:at + step] for at in range(0, len(body), step)] + ([list(head(experts))] if mtp else [])
    total, places = 0, {}
    for number, part in enumerate(parts, 1):
        name = f"model-{number:05}-of-{len(parts):05}.safetensors"
        total += write_shard(folder / name, part)
        places.update({tensor: name for tensor, _ in part})
    config = configuration(experts)
    config["text_config"]["mtp_num_hidden_layers"] = int(mtp)
    put(folder, "config.json", config)
    put(folder, "model.safetensors.index.json",
        {"metadata": {"total_size": total}, "weight_map": dict(sorted(places.items()))})
    write_sidecars(folder)
    return folder


def put(folder, name, value):
    Path(folder, name).write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def alphabet():
    """The 256 symbols of a byte-level tokenizer."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = iter(range(256, 512))
    return [chr(byte if byte in plain else next(others)) for byte in range(256)]


def write_sidecars(folder):
    added = [{"id": 256 + number, "content": text, "single_word": False, "lstrip": False, "rstrip": False,
              "normalized": False, "special": True} for number, text in enumerate(SPECIAL)]
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False}
    model = {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": "", "end_of_word_suffix": "",
             "fuse_unk": False, "byte_fallback": False, "ignore_merges": False, "merges": [],
             "vocab": {symbol: number for number, symbol in enumerate(alphabet())}}
    put(folder, "tokenizer.json",
        {"version": "1.0", "truncation": None, "padding": None, "added_tokens": added, "normalizer": {"type": "NFC"},
         "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
             {"type": "Split", "pattern": {"Regex": SPLIT}, "behavior": "Isolated", "invert": False}, level]},
         "post_processor": None, "decoder": level, "model": model})
    fields = ("content", "lstrip", "normalized", "rstrip", "single_word", "special")
    put(folder, "tokenizer_config.json",
        {"add_bos_token": False, "add_prefix_space": False, "additional_special_tokens": SPECIAL[1:7],
         "added_tokens_decoder": {str(token["id"]): {key: token[key] for key in fields} for token in added},
         "bos_token": None, "clean_up_tokenization_spaces": False, "eos_token": "<|im_end|>", "errors": "replace",
         "model_max_length": 2048, "pad_token": "<|endoftext|>", "split_special_tokens": False,
         "tokenizer_class": "Qwen2Tokenizer", "unk_token": None})
    put(folder, "generation_config.json", {"bos_token_id": 256, "do_sample": True, "eos_token_id": [258, 256],
                                           "pad_token_id": 256, "temperature": 0.7, "top_k": 20, "top_p": 0.8})
    put(folder, "preprocessor_config.json",
        {"size": {"longest_edge": 16777216, "shortest_edge": 65536}, "patch_size": 8, "temporal_patch_size": 2,
         "merge_size": 2, "image_mean": [0.5] * 3, "image_std": [0.5] * 3, "processor_class": "Qwen3VLProcessor",
         "image_processor_type": "Qwen2VLImageProcessorFast"})
    Path(folder, "chat_template.jinja").write_text(CHAT)
    Path(folder, "README.md").write_text("---\nlicense: apache-2.0\n---\nRandom weights for tests.\n")
