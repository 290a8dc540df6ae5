#!/usr/bin/env python3
"""Makes edges.safetensors and model_crc.json, the fixtures that come from the numpy model of the MLX quantizer.

    make_round_fixture.py        (needs numpy, ml_dtypes; writes beside itself)

edges.safetensors: per type one [n, 256] tensor of groups whose largest element is next to a step of a scale rule
(1, sqrt 2, 1.5 and 1.75 times each power of two, ± 2 units in the last place), with sub-normals and both zeros.
model_crc.json: "<mode>_b<bits>_g<group>_<type>_<reference>_<rule>.<distribution>" -> [crc32 of weight, scales,
biases (0 if none)], for every format, both references, rule "round" for the mx modes, over the 14 golden inputs
(in_*.safetensors) and edges.
"""
import json, os, struct, sys, zlib
import numpy as np, ml_dtypes

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import quantizer_model as ref

HERE = os.path.dirname(os.path.abspath(__file__))
TYPES = {"bf16": np.dtype(ml_dtypes.bfloat16), "f16": np.dtype(np.float16), "f32": np.dtype(np.float32)}
NAMES = {"bf16": "BF16", "f16": "F16", "f32": "F32"}


def read(path):
    data = open(path, "rb").read()
    n = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + n])
    header.pop("__metadata__", None)
    kinds = {v: TYPES[k] for k, v in NAMES.items()}
    return {k: np.frombuffer(data[8 + n + v["data_offsets"][0]:8 + n + v["data_offsets"][1]], kinds[v["dtype"]])
            .reshape(v["shape"]) for k, v in header.items()}


def edges(kind):
    T = TYPES[kind]
    word = np.uint32 if T.itemsize == 4 else np.uint16
    digits = {"bf16": 7, "f16": 10, "f32": 23}[kind]
    top = {"bf16": 0x7F7F, "f16": 0x7BFF, "f32": 0x7F7FFFFF}[kind]
    rng = np.random.default_rng(7)
    peaks = []
    for exponent in range(0, (top >> digits) + 1):
        for factor in (1.0, 2 ** .5, 1.5, 1.75):
            for base in (1.0, 1.5, 1.75):            # in units of the element format's peak as well
                f = factor * base
                while f >= 2:
                    f /= 2
                peaks += [(exponent << digits) + int((f - 1) * 2 ** digits) + d for d in (-2, -1, 0, 1, 2)]
    peaks += list(range(1, 64)) + [top, top - 1]
    peaks = sorted({p for p in peaks if 0 < p <= top})
    if len(peaks) > 2400:
        peaks = sorted(rng.choice(peaks, 2400, replace=False).tolist())
    rows = []
    for p in peaks:
        fractions = rng.integers(0, p, 32, endpoint=True)                   # any magnitude up to the peak, as bits
        near = p - (rng.integers(0, 5, 32) << digits) - rng.integers(0, 1 << digits, 32)
        g = np.where(rng.random(32) < .8, np.clip(near, 0, p), fractions).astype(np.uint64)
        g[rng.integers(0, 32)] = 0
        g[rng.integers(0, 32)] = p
        g |= rng.integers(0, 2, 32).astype(np.uint64) << np.uint64(8 * T.itemsize - 1)
        rows.append(g.astype(word))
    flat = np.concatenate(rows)
    flat = flat[:len(flat) // 256 * 256]
    return flat.view(T).reshape(-1, 256)


def write(path, tensors):
    header, offset = {}, 0
    for k, v in tensors.items():
        header[k] = {"dtype": NAMES[k], "shape": list(v.shape), "data_offsets": [offset, offset + v.nbytes]}
        offset += v.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + b"".join(v.tobytes() for v in tensors.values()))


all_edges = {k: edges(k) for k in TYPES}
write(os.path.join(HERE, "edges.safetensors"), all_edges)
formats = [("affine", b, g) for b in (2, 3, 4, 5, 6, 8) for g in (32, 64, 128)]
formats += [("mxfp4", 4, 32), ("mxfp8", 8, 32), ("nvfp4", 4, 16)]
result = {}
for kind in TYPES:
    inputs = dict(read(os.path.join(HERE, f"in_{kind}.safetensors")), edges=all_edges[kind])
    for mode, bits, group in formats:
        for flavor in ("cpu", "metal"):
            for rule in ("ceil", "round") if mode.startswith("mx") else ("ceil",):
                for name, w in inputs.items():
                    with np.errstate(all="ignore"):
                        parts = ref.quantize(np.array(w), mode, group, bits, flavor, rule)
                    crc = [zlib.crc32(np.ascontiguousarray(p).tobytes()) for p in parts]
                    result[f"{mode}_b{bits}_g{group}_{kind}_{flavor}_{rule}.{name}"] = crc + [0] * (3 - len(crc))
with open(os.path.join(HERE, "model_crc.json"), "w") as f:
    f.write("{\n" + ",\n".join(f'"{k}":{json.dumps(v, separators=(",", ":"))}' for k, v in sorted(result.items())) + "\n}\n")
print(len(result), "cases")
