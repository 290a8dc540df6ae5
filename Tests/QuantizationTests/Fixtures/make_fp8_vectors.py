#!/usr/bin/env python3
"""Makes fp8_crc.json: digests of E4M3 blocks dequantized by PyTorch, for Float8BlocksTests.

    make_fp8_vectors.py            (needs torch and numpy; writes beside itself)

The inputs come from SplitMix64, as in Patterns.swift, so that only seeds and digests are stored. A case is
"<rows>x<columns>_<scale type>_<seed>" -> crc32 of the bf16 result. The value is `(q.to(float32) * s).to(bfloat16)`, the
expression of transformers' Fp8Dequantize, here with blocks of 128 x 128 that may be partial at the edges.
"""
import json, os, zlib
import numpy as np, torch

HERE = os.path.dirname(os.path.abspath(__file__))
MASK = (1 << 64) - 1


def splitmix(seed, count):
    state = np.uint64(seed) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    z = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def case(rows, columns, scale, seed):
    r, c = -(-rows // 128), -(-columns // 128)
    words = splitmix(seed, rows * columns + r * c)
    codes = (words[:rows * columns] >> np.uint64(40)).astype(np.uint8)
    codes[(codes & 0x7F) == 0x7F] ^= 1                        # no NaN
    # Any positive scale with exponents from 2^-140 (sub-normal results) to 2^112 (no overflow).
    bits = (words[rows * columns:] >> np.uint64(41)).astype(np.uint32)      # 23 bits of fraction
    exponent = (words[rows * columns:] & np.uint64(0xFFFF)).astype(np.uint32) % 240
    scales = (exponent << 23 | bits).astype(np.uint32)
    if scale == "bf16":
        scales &= np.uint32(0xFFFF0000)
    q = torch.from_numpy(codes.reshape(rows, columns)).view(torch.float8_e4m3fn)
    s = torch.from_numpy(scales.view(np.float32).reshape(r, c))
    if scale == "bf16":
        s = s.to(torch.bfloat16)
    s = s.to(torch.float32).repeat_interleave(128, 0)[:rows].repeat_interleave(128, 1)[:, :columns]
    out = (q.to(torch.float32) * s).to(torch.bfloat16)
    assert torch.isfinite(out).all()
    return zlib.crc32(out.view(torch.int16).numpy().tobytes())


result, seed = {}, 1
for rows in (1, 127, 128, 129, 257):
    for columns in (1, 15, 16, 31, 32, 33, 127, 128, 129, 159, 160, 257, 384):
        for scale in ("f32", "bf16"):
            result[f"{rows}x{columns}_{scale}_{seed}"] = case(rows, columns, scale, seed)
            seed += 1
with open(os.path.join(HERE, "fp8_crc.json"), "w") as f:
    f.write("{\n" + ",\n".join(f'"{k}":{v}' for k, v in result.items()) + "\n}\n")
print(len(result), "cases")
