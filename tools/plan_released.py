#!/usr/bin/env python3
"""Plans the released models of the family, as releases and tools lay them out, on sparse files: headers of full size with holes
for data, so that names, shapes and number formats are those of the real thing and no weight is needed.

    python tools/plan_released.py --work FOLDER
    python tools/plan_released.py --work FOLDER --config CONFIG [--index INDEX]

Without a configuration, every model of the table below in every layout; with one, that model as its quantization_config (or
MLX's quantization) says that it is stored, and where its index is given, with the names of the index instead of our own. Prints a
row each, and how many were planned.
"""
import argparse
import fnmatch
import json
import math
import os
import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CAMBIUM = ROOT / ".build/release/cambium"
ENVIRONMENT = {**os.environ, "CAMBIUM_PIPELINES": str(ROOT / "pipelines")}

# Hidden size, layers, query and key heads, value heads of DeltaNet, width or (experts, routed width, shared width), tied, tower
# (layers, width, inner width). The last row's widths are not published: they stand for any.
MODELS = {
    "Qwen3-Next-80B-A3B": (2048, 48, 16, 2, 32, (512, 512, 512), False, None),
    "Qwen3.5-0.8B": (1024, 24, 8, 2, 16, 3584, True, (12, 768, 3072)),
    "Qwen3.5-2B": (2048, 24, 8, 2, 16, 6144, True, (24, 1024, 4096)),
    "Qwen3.5-4B": (2560, 32, 16, 4, 32, 9216, True, (24, 1024, 4096)),
    "Qwen3.5-9B": (4096, 32, 16, 4, 32, 12288, False, (27, 1152, 4304)),
    "Qwen3.8-27B": (5120, 64, 24, 4, 48, 17408, False, (27, 1152, 4304)),
    "Qwen3.6-35B-A3B": (2048, 40, 16, 2, 32, (256, 512, 512), False, (27, 1152, 4304)),
    "Qwen3.5-122B-A10B": (3072, 48, 32, 2, 64, (256, 1024, 1024), False, (27, 1152, 4304)),
    "Qwen3.5-397B-A17B": (4096, 60, 32, 2, 64, (512, 1024, 1024), False, (27, 1152, 4304)),
    "Qwen3.8-2.4T-A95B": (8192, 92, 64, 4, 128, (512, 2048, 2048), False, None),
}
# What a configuration need not say, as transformers fills it in.
GATED = {
    "num_attention_heads": 16, "head_dim": 256, "linear_conv_kernel_dim": 4, "linear_key_head_dim": 128,
    "linear_value_head_dim": 128, "linear_num_key_heads": 16, "linear_num_value_heads": 32,
}
SPARSE = {"num_key_value_heads": 2, "hidden_size": 2048, "moe_intermediate_size": 512, "shared_expert_intermediate_size": 512}
DEFAULTS = {
    "qwen3_next": GATED | SPARSE | {"vocab_size": 151936, "num_hidden_layers": 48, "num_experts": 512},
    "qwen3_5_moe": GATED | SPARSE | {"vocab_size": 248320, "num_hidden_layers": 40, "num_experts": 256},
    "qwen3_5": GATED | {
        "vocab_size": 248320, "hidden_size": 4096, "intermediate_size": 12288, "num_hidden_layers": 32, "num_key_value_heads": 4,
    },
}
VISION = {
    "depth": 27, "hidden_size": 1152, "intermediate_size": 4304, "num_heads": 16, "in_channels": 3, "patch_size": 16,
    "spatial_merge_size": 2, "temporal_patch_size": 2, "out_hidden_size": 3584, "num_position_embeddings": 2304,
}
LAYOUTS = ["release", "nested text", "flat text", "no tower", "no flag", "fp8", "gptq", "awq", "nvfp4"]


def configuration(model, layout):
    hidden, layers, queries, keys, values, width, tied, tower = MODELS[model]
    isNext, isMixture = model.startswith("Qwen3-Next"), isinstance(width, tuple)
    kind = "qwen3_next" if isNext else "qwen3_5_moe" if isMixture else "qwen3_5"
    text = {
        "model_type": kind if isNext else kind + "_text", "hidden_size": hidden, "num_hidden_layers": layers,
        "num_attention_heads": queries, "num_key_value_heads": keys, "head_dim": 256, "linear_num_value_heads": values,
        "linear_num_key_heads": 16, "linear_key_head_dim": 128, "linear_value_head_dim": 128, "linear_conv_kernel_dim": 4,
        "full_attention_interval": 4, "vocab_size": 151936 if isNext else 248320, "rms_norm_eps": 1e-6, "rope_theta": 1e7,
        "partial_rotary_factor": 0.25, "tie_word_embeddings": tied, "dtype": "bfloat16", "mtp_num_hidden_layers": 1,
    }
    if isMixture:
        names = ("num_experts", "moe_intermediate_size", "shared_expert_intermediate_size")
        text |= dict(zip(names, width)) | {"num_experts_per_tok": 10}
    else:
        text["intermediate_size"] = width
    if layout == "no flag":
        del text["mtp_num_hidden_layers"]
    if isNext or layout in ("nested text", "flat text") or tower is None and layout == "release":
        return text
    config = {"model_type": kind, "text_config": text, "tie_word_embeddings": tied}
    if tower:
        config["vision_config"] = {
            "depth": tower[0], "hidden_size": tower[1], "intermediate_size": tower[2], "num_heads": 16,
            "out_hidden_size": hidden, "patch_size": 16, "temporal_patch_size": 2, "spatial_merge_size": 2, "in_channels": 3,
            "num_position_embeddings": 2304,
        }
    if layout == "no flag":
        config["unsloth_fixed_mtp"] = True
    return config


def filled(config):
    """A configuration with what it leaves to transformers."""
    text = config.get("text_config", config)
    kind = text.get("model_type", config.get("model_type", "")).removesuffix("_text")
    if kind not in DEFAULTS:
        sys.exit(f"no model of the family: {kind}")
    text = DEFAULTS[kind] | text | {"model_type": kind if kind == "qwen3_next" else kind + "_text"}
    if "text_config" not in config:
        return text
    vision = {"vision_config": VISION | config["vision_config"]} if config.get("vision_config") else {}
    return config | {"text_config": text} | vision


def tensors(config, layout):
    """Name to (dtype, shape) of every tensor, in BF16, experts one by one."""
    text = config.get("text_config", config)
    isNext = text["model_type"] == "qwen3_next"
    hidden, vocabulary = text["hidden_size"], text["vocab_size"]
    queries, keys, head = text["num_attention_heads"], text["num_key_value_heads"], text.get("head_dim", 256)
    key = text["linear_num_key_heads"] * text["linear_key_head_dim"]
    heads = text["linear_num_value_heads"]
    value, kernel = heads * text["linear_value_head_dim"], text["linear_conv_kernel_dim"]
    isFlat = "text_config" not in config and (isNext or layout != "nested text")
    prefix = "model." if isFlat else "model.language_model."
    made = {}

    def put(name, *shape, dtype="BF16"):
        made[name] = (dtype, list(shape))

    def attention(place):
        put(place + "q_proj.weight", 2 * queries * head, hidden)
        put(place + "k_proj.weight", keys * head, hidden)
        put(place + "v_proj.weight", keys * head, hidden)
        put(place + "o_proj.weight", hidden, queries * head)
        put(place + "q_norm.weight", head)
        put(place + "k_norm.weight", head)

    def linear(place):
        put(place + "A_log", heads, dtype="F32")
        put(place + "dt_bias", heads)
        put(place + "norm.weight", text["linear_value_head_dim"], dtype="F32")
        put(place + "conv1d.weight", 2 * key + value, 1, kernel)
        put(place + "out_proj.weight", hidden, value)
        if isNext:
            put(place + "in_proj_qkvz.weight", 2 * key + 2 * value, hidden)
            put(place + "in_proj_ba.weight", 2 * heads, hidden)
        else:
            put(place + "in_proj_qkv.weight", 2 * key + value, hidden)
            put(place + "in_proj_z.weight", value, hidden)
            put(place + "in_proj_a.weight", heads, hidden)
            put(place + "in_proj_b.weight", heads, hidden)

    def mlp(place, width):
        for part in ("gate_proj", "up_proj"):
            put(f"{place}{part}.weight", width, hidden)
        put(place + "down_proj.weight", hidden, width)

    def feedForward(place, fused):
        if "num_experts" not in text:
            return mlp(place, text["intermediate_size"])
        experts, width = text["num_experts"], text["moe_intermediate_size"]
        put(place + "gate.weight", experts, hidden)
        put(place + "shared_expert_gate.weight", 1, hidden)
        mlp(place + "shared_expert.", text["shared_expert_intermediate_size"])
        if fused:
            put(place + "experts.gate_up_proj", experts, 2 * width, hidden)
            put(place + "experts.down_proj", experts, hidden, width)
        else:
            for expert in range(experts):
                mlp(f"{place}experts.{expert}.", width)

    def norms(place):
        put(place + "input_layernorm.weight", hidden)
        put(place + "post_attention_layernorm.weight", hidden)

    fused = not isNext and layout not in ("split", "fp8", "gptq", "awq", "nvfp4")
    put(prefix + "embed_tokens.weight", vocabulary, hidden)
    put(prefix + "norm.weight", hidden)
    if not text.get("tie_word_embeddings"):
        put("lm_head.weight", vocabulary, hidden)
    kinds = text.get("layer_types") or [
        "full_attention" if (layer + 1) % text.get("full_attention_interval", 4) == 0 else "linear_attention"
        for layer in range(text["num_hidden_layers"])
    ]
    for layer, kind in enumerate(kinds):
        place = f"{prefix}layers.{layer}."
        norms(place)
        attention(place + "self_attn.") if kind == "full_attention" else linear(place + "linear_attn.")
        feedForward(place + "mlp.", fused)
    if layout not in ("nested text", "flat text"):
        put("mtp.fc.weight", hidden, 2 * hidden)
        for name in ("norm", "pre_fc_norm_hidden", "pre_fc_norm_embedding"):
            put(f"mtp.{name}.weight", hidden)
        norms("mtp.layers.0.")
        attention("mtp.layers.0.self_attn.")
        feedForward("mtp.layers.0.mlp.", fused)
    if config.get("vision_config") and layout != "no tower":
        tower(config["vision_config"], hidden, put)
    return quantized(made, layout)


def tower(vision, hidden, put):
    width, inner, place = vision["hidden_size"], vision["intermediate_size"], "model.visual."
    merged = vision["spatial_merge_size"] ** 2 * width
    patch = vision["patch_size"]
    put(place + "patch_embed.proj.weight", width, vision["in_channels"], vision["temporal_patch_size"], patch, patch)
    put(place + "patch_embed.proj.bias", width)
    put(place + "pos_embed.weight", vision["num_position_embeddings"], width)
    for name, shape in (("norm.weight", [width]), ("norm.bias", [width]), ("linear_fc1.weight", [merged, merged])):
        put(place + "merger." + name, *shape)
    put(place + "merger.linear_fc1.bias", merged)
    put(place + "merger.linear_fc2.weight", hidden, merged)
    put(place + "merger.linear_fc2.bias", hidden)
    for block in range(vision["depth"]):
        for name, rows, columns in (
            ("attn.qkv", 3 * width, width), ("attn.proj", width, width), ("mlp.linear_fc1", inner, width),
            ("mlp.linear_fc2", width, inner),
        ):
            put(f"{place}blocks.{block}.{name}.weight", rows, columns)
            put(f"{place}blocks.{block}.{name}.bias", rows)
        for norm in ("norm1", "norm2"):
            put(f"{place}blocks.{block}.{norm}.weight", width)
            put(f"{place}blocks.{block}.{norm}.bias", width)


def quantized(made, layout):
    if layout not in ("fp8", "gptq", "awq", "nvfp4"):
        return made
    found = {}
    for name, (dtype, shape) in made.items():
        isChosen = name.endswith("_proj.weight") and "visual" not in name and (layout == "fp8" or not name.startswith("mtp."))
        if not isChosen:
            found[name] = (dtype, shape)
            continue
        (rows, columns), module = shape, name[: -len("weight")]
        if layout == "fp8":
            found[name] = ("F8_E4M3", shape)
            found[name + "_scale_inv"] = ("BF16", [-(-rows // 128), -(-columns // 128)])
        elif layout == "nvfp4":
            found[name + "_packed"] = ("U8", [rows, columns // 2])
            found[name + "_scale"] = ("F8_E4M3", [rows, columns // 16])
            found[name + "_global_scale"] = ("F32", [1])
        else:
            words = [columns // 8, rows] if layout == "gptq" else [columns, rows // 8]
            found[module + "qweight"] = ("I32", words)
            found[module + "qzeros"] = ("I32", [columns // 128, rows // 8])
            found[module + "scales"] = ("F16", [columns // 128, rows])
            if layout == "gptq":
                found[module + "g_idx"] = ("I32", [columns])
    return found


class Stored:
    """How a configuration says that its matrices are stored: by the modules' names, and the parts of each."""

    def __init__(self, config):
        self.block = config.get("quantization_config") or config.get("text_config", {}).get("quantization_config") or {}
        self.mlx = config.get("quantization") or ({} if "quant_method" in self.block else self.block)
        self.method = "mlx" if self.mlx else self.block.get("quant_method", "").lower()
        self.isSplit = self.method not in ("", "mlx")
        # Only these quantize heads too, or say that they do.
        self.heads = self.method == "fp8" or "mtp" in json.dumps([g.get("targets") for g in self.groups()])

    def groups(self):
        return list(self.block.get("config_groups", {}).values())

    def scheme(self, module, isLinear):
        """The members of the group that stores a module; nil for a plain one."""
        if self.method == "mlx":
            found = self.mlx.get(module, self.mlx)
            return found if isinstance(found, dict) and (isLinear or "embed_tokens" in module) else None
        if not isLinear or not self.method or module.startswith("mtp.") and (not self.heads or module == "mtp.fc"):
            return None
        if any(matches(pattern, module) for key in ("ignore", "modules_to_not_convert") for pattern in self.block.get(key) or []):
            return None
        if self.method == "modelopt" and "quantized_layers" in self.block:
            layers = self.block["quantized_layers"]
            found = layers.get(module) or layers.get(module.rsplit(".", 2)[0])
            if not found:
                return None
            return {"num_bits": 8} if found["quant_algo"] == "FP8" else {"num_bits": 4, "group_size": 16, "type": "float"}
        if self.groups():
            named = [g for g in self.groups() if any(matches(t, module) for t in g["targets"])]
            chosen = named or [g for g in self.groups() if "Linear" in g["targets"]]
            return chosen[0]["weights"] | {"group": chosen[0]} if chosen else None
        rules = self.block.get("dynamic", {})
        if any(rule.startswith("-:") and re.match(rule[2:], module) for rule in rules):
            return None
        isProjection = module.endswith("_proj") or module.endswith(("in_proj_qkv", "in_proj_z", "in_proj_qkvz"))
        extra = self.block.get("extra_config", {}).get(module, {})
        return self.block if isProjection and extra.get("bits") != 16 else None

    def parts(self, name, dtype, shape):
        """Name to (dtype, shape) of what a tensor is stored as."""
        module = name.removesuffix(".weight")
        isOther = any(part in name for part in (".visual.", "vision_tower.", "embed"))
        isLinear = name.endswith(".weight") and len(shape) == 2 and not isOther
        # A router is no linear layer to a quantizer, only to MLX.
        isLinear = isLinear and (self.method == "mlx" or not name.endswith(".mlp.gate.weight"))
        isStacked = self.method == "mlx" and ".switch_mlp." in name
        scheme = self.scheme(module, isLinear or isStacked)
        if scheme is None:
            return {name: (dtype, shape)}
        *outer, rows, columns = shape
        if self.method == "mlx":
            mode, bits, size = scheme.get("mode", "affine"), scheme.get("bits", 4), scheme.get("group_size", 64)
            if columns % size:
                return {name: (dtype, shape)}
            scales = "BF16" if mode == "affine" else "U8"
            found = {"weight": ("U32", [*outer, rows, columns * bits // 32]), "scales": (scales, [*outer, rows, columns // size])}
            found |= {"biases": (scales, [*outer, rows, columns // size])} if mode == "affine" else {}
        elif self.method == "fp8":
            down, across = scheme.get("weight_block_size") or (rows, columns)
            found = {"weight": ("F8_E4M3", shape), "weight_scale_inv": ("BF16", [-(-rows // down), -(-columns // across)])}
        elif self.method in ("gptq", "awq", "auto-round"):
            bits, size = scheme.get("bits", 4), scheme.get("group_size", 128)
            size, per = columns if size == -1 else size, 32 // bits
            isAWQ = self.method == "awq" or scheme.get("packing_format", "").endswith("awq")
            words = [columns, rows // per] if isAWQ else [columns // per, rows]
            groups = -(-columns // size)
            found = {"qweight": ("I32", words), "qzeros": ("I32", [groups, rows // per]), "scales": ("F16", [groups, rows])}
            found |= {} if isAWQ else {"g_idx": ("I32", [columns])}
        else:
            found = self.scaled(scheme, rows, columns)
        return {f"{module}.{part}": it for part, it in found.items()}

    def scaled(self, scheme, rows, columns):
        """The parts that compressed-tensors and ModelOpt write."""
        bits, size, isFloat = scheme.get("num_bits", 8), scheme.get("group_size"), scheme.get("type", "float") == "float"
        if self.method == "modelopt":
            scales = {"weight_scale": ("F32", []), "input_scale": ("F32", [])}
            if bits == 8:
                return {"weight": ("F8_E4M3", [rows, columns])} | scales
            return {"weight": ("U8", [rows, columns // 2])} | scales | {
                "weight_scale": ("F8_E4M3", [rows, columns // size]), "weight_scale_2": ("F32", [])}
        form = scheme.get("group", {}).get("format") or self.block.get("format", "")
        strategy = scheme.get("strategy", "")
        if isFloat and bits == 4:
            isNV = not form.startswith("mx")
            found = {
                "weight_packed": ("U8", [rows, columns // 2]),
                "weight_scale": ("F8_E4M3" if isNV else "U8", [rows, columns // (size or 16)]),
            }
            found |= {"weight_global_scale": ("F32", [1])} if isNV else {}
            isActed = isNV and scheme.get("group", {}).get("input_activations")
            return found | ({"input_global_scale": ("F32", [1])} if isActed else {})
        if isFloat:
            block = scheme.get("block_structure") if strategy == "block" else None
            shape = [-(-rows // block[0]), -(-columns // block[1])] if block else [1] if strategy == "tensor" else [rows, 1]
            return {"weight": ("F8_E4M3", [rows, columns]), "weight_scale": ("BF16", shape)}
        groups = columns // size if size and size > 0 else 1
        if form == "int-quantized":
            return {"weight": ("I8", [rows, columns]), "weight_scale": ("BF16", [rows, groups])}
        found = {
            "weight_packed": ("I32", [rows, -(-columns * bits // 32)]), "weight_scale": ("BF16", [rows, groups]),
            "weight_shape": ("I64", [2]),
        }
        return found | ({} if scheme.get("symmetric", True) else {"weight_zero_point": ("I32", [-(-rows * bits // 32), groups])})


def matches(pattern, module):
    """Whether a quantizer's pattern names a module: a regular expression, a shell's pattern, a name, or a name above it."""
    if pattern.startswith("re:"):
        return re.match(pattern[3:], module) is not None
    return fnmatch.fnmatchcase(module, pattern) if "*" in pattern else module == pattern


def asStored(config, names=None):
    """Name to (dtype, shape) of a model as its configuration says, or of the names of an index."""
    stored, plain, made = Stored(config), tensors(config, "release"), {}
    if stored.method == "mlx" or any(name.startswith("language_model.model.") for name in names or []):
        plain = converted(plain)
    text = config.get("text_config", config)
    experts, kind = text.get("num_experts"), text.get("dtype") or text.get("torch_dtype")
    for name, (dtype, shape) in plain.items():
        dtype = {"float16": "F16", "float32": "F32"}.get(kind, dtype)
        isStacked = ".experts." in name and len(shape) == 3
        isSplit = isStacked and stored.isSplit and (stored.heads or not name.startswith("mtp."))
        if not isSplit:
            made |= stored.parts(name, dtype, shape)
        if isSplit or isStacked and names:
            place, parts = name[: name.index("experts.") + len("experts.")], ("down_proj",)
            parts = ("gate_proj", "up_proj") if name.endswith("gate_up_proj") else parts
            for part in parts:
                for expert in range(experts):
                    made |= stored.parts(f"{place}{expert}.{part}.weight", dtype, [shape[1] // len(parts), shape[2]])
    if names is None:
        return made
    # A name that nothing here knows gets a shape that fits nothing.
    isFlat = "text_config" not in config
    return {name: made.get(name) or made.get(spelled(name, isFlat)) or plain.get(name) or ("BF16", [1]) for name in names}


def converted(plain):
    """The names and shapes that mlx-lm and mlx-vlm write: no head, experts under switch_mlp, kernels with their channels last."""
    made = {}
    for name, (dtype, shape) in plain.items():
        for ours, theirs in (("model.visual.", "vision_tower."), ("model.language_model.", "language_model.model."),
                             ("model.", "language_model.model."), ("lm_head.", "language_model.lm_head.")):
            if name.startswith(ours):
                name = theirs + name[len(ours) :]
                break
        if name.startswith("mtp."):
            continue
        if name.endswith("linear_attn.norm.weight"):
            dtype = "BF16"
        if name.endswith(("conv1d.weight", "patch_embed.proj.weight")):
            shape = [shape[0], *shape[2:], shape[1]]
        stack, experts, part = name.partition("experts.")
        if not experts or len(shape) != 3:
            made[name] = (dtype, shape)
        elif part == "down_proj":
            made[f"{stack}switch_mlp.down_proj.weight"] = (dtype, shape)
        else:
            for half in ("gate_proj", "up_proj"):
                made[f"{stack}switch_mlp.{half}.weight"] = (dtype, [shape[0], shape[1] // 2, shape[2]])
    return made


def spelled(name, isFlat):
    """A name of an index as we spell it."""
    text = "model." if isFlat else "model.language_model."
    for theirs, ours in (("model.language_model.", text), ("model.visual.", "model.visual."), ("visual.", "model.visual."),
                         ("model.", text)):
        if name.startswith(theirs):
            return ours + name[len(theirs) :]
    return name


BYTES = {"BF16": 2, "F16": 2, "F32": 4, "F8_E4M3": 1, "U8": 1, "I8": 1, "I32": 4, "U32": 4, "I64": 8}
BLOCKS = {
    "fp8": {"quant_method": "fp8", "weight_block_size": [128, 128]}, "gptq": {"quant_method": "gptq", "bits": 4},
    "awq": {"quant_method": "awq", "bits": 4, "version": "gemm"},
    "nvfp4": {"quant_method": "compressed-tensors", "format": "nvfp4-pack-quantized"},
}


def write(folder, config, made, most=40_000):
    """Shards of so many tensors, with an index."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    names, places = list(made), {}
    groups = [names[first : first + most] for first in range(0, len(names), most)]
    for number, group in enumerate(groups):
        file = f"model-{number + 1:05}-of-{len(groups):05}.safetensors"
        header, offset = {"__metadata__": {"format": "pt"}}, 0
        for name in group:
            dtype, shape = made[name]
            size = BYTES[dtype] * math.prod(shape)
            header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [offset, offset + size]}
            offset += size
            places[name] = file
        text = json.dumps(header, separators=(",", ":")).encode()
        with open(folder / file, "wb") as out:
            out.write(struct.pack("<Q", len(text)) + text)
            out.truncate(8 + len(text) + offset)
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": places}))
    (folder / "config.json").write_text(json.dumps(config))


def plan(folder, name, config, made, hasHead, pipeline="mxfp4"):
    write(folder / "source", config, made)
    manifest = folder / "manifest.json"
    # Plans name formats and sizes; a head of holes cannot be held against the trunk's norms.
    members = {} if hasHead else {"head": "none"}
    manifest.write_text(
        json.dumps({"cambium": 1, "source": "source", "pipeline": pipeline, "output": "out", "check": False, **members}))
    done = subprocess.run([str(CAMBIUM), "plan", str(manifest)], capture_output=True, text=True, env=ENVIRONMENT)
    lines = (done.stdout + done.stderr).strip().splitlines()
    good = done.returncode == 0
    told = next((line.strip() for line in lines if "E_" in line), "") if not good else ""
    print(f"{'ok  ' if good else 'FAIL'} {name:40} {len(made):7} tensors  {told}", flush=True)
    shutil.rmtree(folder / "source")
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", required=True)
    parser.add_argument("--config")
    parser.add_argument("--index")
    parser.add_argument("--only", default="", help="models with this in their names")
    arguments = parser.parse_args()
    work = Path(arguments.work).resolve()
    results = []
    if arguments.config:
        config = json.loads(Path(arguments.config).read_text())
        names = json.loads(Path(arguments.index).read_text())["weight_map"] if arguments.index else None
        made = asStored(filled(config), names)
        hasHead = any(name.removeprefix("language_model.").startswith("mtp.") for name in made)
        # Codes that MLX wrote keep every byte, or are refused.
        pipeline = "graft-only" if Stored(config).method == "mlx" else "mxfp4"
        results.append(plan(work, arguments.config, config, made, hasHead, pipeline))
    else:
        for model in (name for name in MODELS if arguments.only in name):
            for layout in LAYOUTS:
                isText = layout in ("nested text", "flat text")
                if model.startswith("Qwen3-Next") and (isText or layout == "no tower"):
                    continue
                config = configuration(model, layout)
                if layout in BLOCKS:
                    config["quantization_config"] = BLOCKS[layout]
                results.append(plan(work, f"{model}, {layout}", config, tensors(config, layout), not isText))
    print(f"{sum(results)} of {len(results)} planned")
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
