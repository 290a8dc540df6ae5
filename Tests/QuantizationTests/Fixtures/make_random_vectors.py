#!/usr/bin/env python3
"""Makes random_crc.json: digests of seeded random cases for every format, reference, scale rule and type.

    make_random_vectors.py            (needs numpy and ml_dtypes; with mlx it compares every case that mlx can run;
                                       writes beside itself)

"<mode>_b<bits>_g<group>_<type>_<reference>_<rule>" -> for each of `shapes` one crc32, over weight, scales and biases of
one matrix for each of KINDS, one after the other. RandomCases.swift makes the same inputs from the same integers.
"""
import json, os, sys, zlib
import numpy as np, ml_dtypes

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import quantizer_model as model

try:
    import mlx.core as mx
except ImportError:
    mx = None

TYPES = {"bf16": np.dtype(ml_dtypes.bfloat16), "f16": np.dtype(np.float16), "f32": np.dtype(np.float32)}
KINDS = ("even", "bits", "near", "ties", "sparse", "ends")
U = np.uint64


def stream(seed, count):
    """SplitMix64."""
    z = U(seed) + np.arange(1, count + 1, dtype=U) * U(0x9E3779B97F4A7C15)
    z = (z ^ (z >> U(30))) * U(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> U(27))) * U(0x94D049BB133111EB)
    return z ^ (z >> U(31))


def shapes(group, width):
    """Rows and groups of a row: around the widths of vectors, and around the blocks of 64 KiB that the encoder takes."""
    block = 65536 // (group * width)
    few = [(r, g) for r in (1, 2, 3) for g in (1, 2, 3, 7, 8, 9, 15, 16, 17)]
    return few + [(5, 31), (5, 33), (1, 63), (1, 65), (1, block - 1), (1, block + 1), (3, block // 2 + 1)]


def digits(kind):
    return {"bf16": (7, 0x7F7F), "f16": (10, 0x7BFF), "f32": (23, 0x7F7FFFFF)}[kind]


def words(kind, what, seed, count):
    """`count` finite numbers of type `kind` as bit patterns, from one 64-bit word each."""
    T = TYPES[kind]
    fraction, top = digits(kind)
    z = stream(seed, count)
    sign = (z >> U(63)) << U(8 * T.itemsize - 1)
    z &= U((1 << 63) - 1)
    if what == "even":                       # a sum of four 15-bit numbers, centred, in steps of 2^-21
        parts = sum(((z >> U(15 * i)) & U(0x7FFF)).astype(np.int64) for i in range(4)) - 65534
        return (parts.astype(np.float32) * np.float32(2.0 ** -21)).astype(T).view(f"u{T.itemsize}").astype(U)
    if what == "bits":                       # any pattern
        return z % U(top + 1) | sign
    if what == "near":                       # runs of 8 numbers within twelve powers of two of a peak
        peak = np.repeat(stream(seed ^ 0x5555, (count + 7) // 8) % U(top + 1), 8)[:count]
        span = np.minimum(peak, U(12 << fraction))
        return peak - z % (span + U(1)) | sign
    if what == "ties":                       # multiples of 1/8 up to 16
        return ((z % U(257)).astype(np.int64) - 128).astype(np.float32).__truediv__(np.float32(8)) \
            .astype(T).view(f"u{T.itemsize}").astype(U)
    if what == "sparse":                     # mostly zeros of both signs
        return np.where(z % U(29) == 0, z // U(29) % U(top + 1), U(0)) | sign
    return np.where(z % U(2) == 0, z // U(2) % U(40), U(top) - z // U(2) % U(40)) | sign      # "ends": tiny and huge


def seed(key, number, what):
    return zlib.crc32(f"{key}.{number}.{what}".encode())


def same_as_mlx(w, mode, bits, group, parts):
    """Whether mlx's CPU backend gives the same bytes; None for what it refuses."""
    if w.size % 32:
        return None
    a = mx.array(w.astype(np.float32)).astype({2: mx.bfloat16, 4: mx.float32}[w.dtype.itemsize]
                                              if w.dtype != np.float16 else mx.float16)
    found = mx.quantize(a, group_size=group, bits=bits, mode=mode, stream=mx.cpu)
    for x, y in zip(found, parts):
        x = x.view(mx.uint16) if x.dtype in (mx.bfloat16, mx.float16) else x
        if np.array(x).tobytes() != np.ascontiguousarray(y).tobytes():
            return False
    return True


formats = [("affine", b, g) for b in (2, 3, 4, 5, 6, 8) for g in (32, 64, 128)]
formats += [("mxfp4", 4, 32), ("mxfp8", 8, 32), ("nvfp4", 4, 16)]
result, cases, compared, wrong = {}, 0, 0, 0
for kind in TYPES:
    for mode, bits, group in formats:
        for flavor in ("cpu", "metal"):
            for rule in ("ceil", "round") if mode.startswith("mx") else ("ceil",):
                key = f"{mode}_b{bits}_g{group}_{kind}_{flavor}_{rule}"
                digests = []
                for number, (rows, groups) in enumerate(shapes(group, TYPES[kind].itemsize)):
                    crc = 0
                    for what in KINDS:
                        flat = words(kind, what, seed(key, number, what), rows * groups * group)
                        w = flat.astype(f"u{TYPES[kind].itemsize}").view(TYPES[kind]).reshape(rows, groups * group)
                        with np.errstate(all="ignore"):
                            parts = model.quantize(w, mode, group, bits, flavor, rule)
                        for part in parts:
                            crc = zlib.crc32(np.ascontiguousarray(part).tobytes(), crc)
                        cases += 1
                        if mx and flavor == "cpu" and rule == "ceil":
                            same = same_as_mlx(w, mode, bits, group, parts)
                            compared += same is not None
                            if same is False:
                                wrong += 1
                                print("mlx differs:", key, number, what, rows, groups)
                    digests.append(crc)
                result[key] = digests
with open(os.path.join(HERE, "random_crc.json"), "w") as f:
    f.write("{\n" + ",\n".join(f'"{k}":{json.dumps(v, separators=(",", ":"))}' for k, v in result.items()) + "\n}\n")
print(f"{len(result)} formats, {cases} cases; {compared} compared with mlx, {wrong} differ")
