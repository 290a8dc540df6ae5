#!/usr/bin/env python3
"""Makes the fixtures of matrices that GPTQ, AWQ and compressed-tensors quantized, with what their libraries make of them.

    python tools/make_quantized_modules.py Tests/ConversionTests/Fixtures/quantized

Needs torch and compressed-tensors (made with torch 2.13.0 and compressed-tensors 0.20.1 on the CPU). Each KIND.safetensors holds
one module of 64 x 128; oracle.json gets its quantization_config and the SHA-256 of the numbers that it stands for, in their
own type (`sha256`, `dtype`) and rounded to bf16 (`bf16_sha256`). Every number is read back from the file that was written.

AWQ is turned into numbers by compressed-tensors (its AutoAWQ converter, then its decompressor); GPTQ by the formula of GPTQModel
(`dequantize_weight`, and `convert_gptq_v1_to_v2_format_module` for the first form of the format); actorder, which
compressed-tensors no longer has, by the formula of its earlier releases: a column's scale is that of the group it names.
"""
import hashlib
import json
import os
import sys

import torch
from compressed_tensors.compressors.base import BaseCompressor
from compressed_tensors.entrypoints.convert.converters.autoawq import AutoAWQConverter
from compressed_tensors.quantization import QuantizationArgs, QuantizationConfig, QuantizationScheme
from compressed_tensors.quantization.utils import calculate_qparams
from safetensors.torch import load_file, save_file

ROWS, COLUMNS = 64, 128
MODULE = "model.language_model.layers.0.mlp.down_proj."
AWQ_ORDER = [0, 2, 4, 6, 1, 3, 5, 7]
PACKED = BaseCompressor.get_value_from_registry("pack-quantized")


def digest(tensor):
    return hashlib.sha256(tensor.contiguous().view(torch.uint8).numpy().tobytes()).hexdigest()


def weight(seed):
    return torch.randn(ROWS, COLUMNS, generator=torch.Generator().manual_seed(seed)).mul(0.05).to(torch.bfloat16)


def pack(codes, bits, dim, order=None):
    """Codes as words along an axis, lowest bits first."""
    per = 32 // bits
    words = codes.to(torch.int64).movedim(dim, -1).unflatten(-1, (-1, per))
    if order:
        words = words[..., order]
    words = (words << (torch.arange(per) * bits)).sum(-1)
    return torch.where(words >= 2**31, words - 2**32, words).to(torch.int32).movedim(-1, dim).contiguous()


def unpack(words, bits, dim):
    per = 32 // bits
    codes = (words.to(torch.int64).movedim(dim, -1).unsqueeze(-1) >> (torch.arange(per) * bits)) & (2**bits - 1)
    return codes.flatten(-2).movedim(-1, dim)


def grouped(values, index, groups, bits, symmetric, dtype):
    """Codes [in, out], scales and zero points [groups, out] by the range of each group."""
    most = 2**bits - 1
    low = torch.stack([values[index == g].amin(0).clamp(max=0) for g in range(groups)])
    high = torch.stack([values[index == g].amax(0).clamp(min=0) for g in range(groups)])
    if symmetric:
        scales = torch.maximum(-low, high) * 2 / most
        zeros = torch.full_like(scales, 2 ** (bits - 1))
    else:
        scales = (high - low) / most
        zeros = torch.round(-low / scales).clamp(0, most)
    scales = scales.to(dtype)
    codes = torch.round(values / scales.float()[index] + zeros[index]).clamp(0, most)
    return codes, scales, zeros


def gptq(values, bits=4, group=32, symmetric=True, second=False, reorders=False, dtype=torch.float16, index=None, least=1):
    values = values.float().T.contiguous()
    columns = values.shape[0]
    if least == 0:
        values[:, ::3] = values[:, ::3].abs()  # rows without negative numbers: their zero points are 0
    groups = 1 if group == -1 else columns // group
    own = torch.arange(columns) // (columns // groups)
    if reorders:
        own = own[torch.randperm(columns, generator=torch.Generator().manual_seed(7))]
    codes, scales, zeros = grouped(values, own, groups, bits, symmetric, dtype)
    zeros = zeros.clamp(min=least)
    words = pack(zeros, bits, 1)
    if not second:  # the first form of the format stores zero points less one, taken from whole words
        step = sum(1 << (bits * i) for i in range(32 // bits))
        words = ((words.to(torch.int64) - step + 2**31) % 2**32 - 2**31).to(torch.int32)
    stored = (own if index is None else index).to(torch.int32)
    made = {"qweight": pack(codes, bits, 0), "qzeros": words, "scales": scales.contiguous(), "g_idx": stored}
    config = {
        "bits": bits, "group_size": group, "desc_act": reorders, "sym": symmetric, "quant_method": "gptq",
        "checkpoint_format": "gptq_v2" if second else "gptq",
    }

    def read(found):
        words = found["qzeros"]
        if not second:
            step = sum(1 << (bits * i) for i in range(32 // bits))
            words = ((words.to(torch.int64) + step + 2**31) % 2**32 - 2**31).to(torch.int32)
        code, zero = unpack(found["qweight"], bits, 0).to(torch.int32), unpack(words, bits, 1).to(torch.int32)
        groups = own if index is not None else found["g_idx"].long()
        return (found["scales"][groups] * (code - zero[groups])).T

    return made, config, read


def awq(values, group=32):
    columns = values.shape[1]
    own = torch.arange(columns) // group
    codes, scales, zeros = grouped(values.float().T, own, columns // group, 4, False, torch.float16)
    made = {"qweight": pack(codes, 4, 1, AWQ_ORDER), "qzeros": pack(zeros, 4, 1, AWQ_ORDER), "scales": scales.contiguous()}
    config = {"bits": 4, "group_size": group, "quant_method": "awq", "version": "gemm", "zero_point": True}
    converter = AutoAWQConverter(group_size=group)

    def read(found):
        state = converter.process({"m." + name: value for name, value in found.items()})
        scheme = converter._build_quant_config().config_groups["config_group_0"]
        return PACKED.decompress({name[2:]: value for name, value in state.items()}, scheme)["weight"]

    return made, config, read


def packed(values, bits=4, symmetric=True, group=32, dtype=torch.bfloat16, reorders=False):
    values, columns = values.to(dtype), values.shape[1]
    settings = {"strategy": "channel"} if group == -1 else {"strategy": "group", "group_size": group}
    args = QuantizationArgs(num_bits=bits, type="int", symmetric=symmetric, **settings)
    scheme = QuantizationScheme(targets=["Linear"], weights=args)
    blocks = values.unflatten(-1, (-1, columns if group == -1 else group))
    scale, zero = calculate_qparams(blocks.amin(-1), blocks.amax(-1), args)
    state = {"weight": values, "weight_scale": scale}
    if not symmetric:
        state["weight_zero_point"] = zero
    made = {name: value.contiguous() for name, value in PACKED.compress(state, scheme).items()}
    place = torch.arange(columns)
    if reorders:  # columns stored elsewhere, each with the group that it is of
        place = torch.randperm(columns, generator=torch.Generator().manual_seed(17))
        codes = unpack(made["weight_packed"], bits, 1)[:, place]
        made["weight_packed"] = pack(codes, bits, 1)
        made["weight_g_idx"] = (place // group).to(torch.int32)
    config = json.loads(
        QuantizationConfig(
            config_groups={"group_0": scheme}, format="pack-quantized", quantization_status="compressed", ignore=[]
        ).model_dump_json()
    )
    config["quant_method"] = "compressed-tensors"

    def read(found):
        state = {name: value for name, value in found.items() if name != "weight_g_idx"}
        state["weight_packed"] = pack(unpack(state["weight_packed"], bits, 1)[:, torch.argsort(place)], bits, 1)
        return PACKED.decompress(state, scheme)["weight"][:, place]

    return made, config, read


KINDS = {
    "gptq-2": lambda: gptq(weight(1), bits=2),
    "gptq-4": lambda: gptq(weight(2)),
    "gptq-8": lambda: gptq(weight(3), bits=8),
    "gptq-asym": lambda: gptq(weight(4), symmetric=False),
    "gptq-asym-zero": lambda: gptq(weight(5), symmetric=False, least=0),
    "gptq-v2-asym": lambda: gptq(weight(6), symmetric=False, second=True, least=0),
    "gptq-desc-act": lambda: gptq(weight(7), reorders=True),
    "gptq-bf16": lambda: gptq(weight(8), dtype=torch.bfloat16),
    "gptq-row": lambda: gptq(weight(9), group=-1),
    "gptq-no-order": lambda: gptq(weight(10), index=torch.zeros(COLUMNS)),
    "awq-g32": lambda: awq(weight(11)),
    "awq-g64": lambda: awq(weight(12), group=64),
    "ct-w8a16-g32": lambda: packed(weight(13), bits=8),
    "ct-w4a16-channel": lambda: packed(weight(14), group=-1),
    "ct-w8a16-asym-channel": lambda: packed(weight(15), bits=8, symmetric=False, group=-1),
    "ct-w4a16-g32-f16": lambda: packed(weight(16), dtype=torch.float16),
    "ct-w4a16-actorder": lambda: packed(weight(17), reorders=True),
}


def main(folder):
    path = os.path.join(folder, "oracle.json")
    oracle = json.load(open(path)) if os.path.exists(path) else {}
    for kind, make in KINDS.items():
        made, config, read = make()
        file = os.path.join(folder, kind + ".safetensors")
        save_file({MODULE + name: value for name, value in made.items()}, file)
        values = read({name.removeprefix(MODULE): value for name, value in load_file(file).items()}).contiguous()
        assert values.shape == (ROWS, COLUMNS), (kind, values.shape)
        dtype = str(values.dtype).removeprefix("torch.")
        row = {"quantization_config": config, "dtype": dtype, "sha256": digest(values)}
        oracle[kind] = row | {"bf16_sha256": digest(values.to(torch.bfloat16))}
        print(f"{kind:24} {dtype:9} {os.path.getsize(file)} bytes")
    with open(path, "w") as out:
        json.dump(oracle, out, indent=1)
        out.write("\n")


if __name__ == "__main__":
    main(sys.argv[1])
