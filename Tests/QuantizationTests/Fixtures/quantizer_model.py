#!/usr/bin/env python3
"""Numpy model of the MLX weight quantizer, the oracle of the fixtures here (needs numpy and ml_dtypes, not mlx).

flavor="cpu"    what mx.quantize returns on the CPU backend (mlx 0.32.2 - 0.32.4).
                Compared byte for byte with the real thing by make_random_vectors.py.
flavor="metal"  what the Metal kernels of the same releases compute, modelled from
                the kernel sources that ship inside the wheel. Not run on hardware.
scale_rule      "ceil"  (mlx >= 0.32.2)  or "round" (mlx 0.30.0 - 0.32.1), mx modes only.

Arrays are passed as (numpy array, dtype tag) with bf16 stored as ml_dtypes.bfloat16.
"""
import numpy as np

try:
    import ml_dtypes
    BF16 = np.dtype(ml_dtypes.bfloat16)
except ImportError:                                    # pragma: no cover
    BF16 = None

FP4_VALUES = np.array([0, .5, 1, 1.5, 2, 3, 4, 6], np.float32)


# ---------------------------------------------------------------- small casts
def f32_to_e4m3(x):
    """float32 -> E4M3FN byte: nearest even, saturating to +-448 (NaN -> 448 too)."""
    x = np.asarray(x, np.float32)
    u = x.view(np.uint32)
    sign = (u >> 24).astype(np.uint8) & 0x80
    a = u & np.uint32(0x7FFFFFFF)
    # sub-normal result range (< 2^-6): quantum is 2^-9, so add a magic number
    with np.errstate(all="ignore"):
        magic = np.uint32(141 << 23).view(np.float32)   # 2^14: ulp is 2^-9
        den = ((a.view(np.float32) + magic).view(np.uint32) - np.uint32(141 << 23)).astype(np.uint8)
    odd = (a >> 20) & 1
    nor = ((a - np.uint32(120 << 23) + np.uint32(0x7FFFF) + odd) >> 20).astype(np.uint8)
    out = np.where(a < np.uint32(121 << 23), den, nor)
    out = np.where(a >= np.uint32(543 << 21), np.uint8(0x7E), out)
    return (out | sign).astype(np.uint8)


def e4m3_to_f32(b):
    b = np.asarray(b, np.uint8)
    e = (b >> 3) & 15
    m = (b & 7).astype(np.float32)
    v = np.where(e == 0, m * np.float32(2.0 ** -9),
                 (1 + m / 8) * np.exp2(e.astype(np.float32) - 7))
    v = np.where(b & 0x80, -v, v)
    return v.astype(np.float32)


def to_T(x32, T):
    """round float32 to the storage type and come back to float32"""
    with np.errstate(all="ignore"):
        return np.asarray(x32, np.float32).astype(T).astype(np.float32)


def _nibbles_to_u32(n):
    n = n.astype(np.uint32).reshape(*n.shape[:-1], -1, 8)
    out = np.zeros(n.shape[:-1], np.uint32)
    for i in range(8):
        out |= n[..., i] << np.uint32(4 * i)
    return out


def _bits_to_u32(q, bits):
    """little-endian bit stream: element i occupies bits [i*bits, (i+1)*bits)"""
    q = q.astype(np.uint8)
    rows, n = q.shape
    b = np.unpackbits(q[..., None], axis=-1, bitorder="little")[..., :bits]
    return np.packbits(b.reshape(rows, n * bits), axis=-1, bitorder="little").view("<u4")


# ------------------------------------------------------------------- fp modes
def _exact_ceil_log2(x):
    m, e = np.frexp(x.astype(np.float64))
    return np.where(m == 0.5, e - 1, e)


def quantize_mx(w, elem_bits, flavor="cpu", scale_rule="ceil"):
    T = w.dtype
    rows, cols = w.shape
    g = w.astype(np.float32).reshape(-1, 32)
    amax = np.abs(g).max(axis=1)
    peak = np.float32(6.0 if elem_bits == 4 else 448.0)
    x = amax / peak
    if flavor == "cpu":
        x = to_T(x, T)                        # ratio is rounded to the weight dtype
        if scale_rule == "ceil":
            e = _exact_ceil_log2(x)
        else:                                  # log2 itself is rounded to T, then half-even
            with np.errstate(divide="ignore"):
                e = np.rint(to_T(np.log2(x), T))
        e = np.where(x == 0, 0, e).astype(np.int64)
        byte = ((e + 127) & 0xFF).astype(np.uint8)       # wraps, no clamp; zero group -> 127
        s = to_T(np.exp2(e.astype(np.float64)), T)
        with np.errstate(all="ignore"):
            y = to_T(g / s[:, None], T)
        if elem_bits == 4:
            q = _fp4_cpu(y)
        else:
            q = f32_to_e4m3(y)
    else:
        with np.errstate(divide="ignore"):
            l2 = np.log2(x.astype(np.float64))
        if scale_rule == "ceil":
            e = np.where(x > 0, _exact_ceil_log2(np.where(x > 0, x, 1)), -127)
        else:                                  # half away from zero, float32 log2
            e = np.where(x > 0, np.sign(l2) * np.floor(np.abs(l2) + 0.5), -127)
        e = np.clip(e, -127, 127).astype(np.int64)
        byte = (e + 127).astype(np.uint8)
        inv = np.exp2(-e.astype(np.float64)).astype(np.float32)
        y = g * inv[:, None]
        q = _fp4_rne(y) if elem_bits == 4 else f32_to_e4m3(y)
    byte = byte.reshape(rows, cols // 32)
    q = q.reshape(rows, cols)
    if elem_bits == 4:
        return _nibbles_to_u32(q), byte
    return np.ascontiguousarray(q).view("<u4"), byte


def _fp4_cpu(y):
    """nearest E2M1 value, ties to the smaller magnitude, zero is always +0"""
    a = np.abs(y)
    edges = np.array([.25, .75, 1.25, 1.75, 2.5, 3.5, 5.0], np.float32)
    code = (a[..., None] > edges).sum(-1).astype(np.uint8)
    code = np.where((y < 0) & (code > 0), code | 8, code).astype(np.uint8)
    far = ~(a <= 6)                            # only for out-of-range input
    if far.any():                              # distance rounds: the first smallest wins
        lut = np.concatenate([FP4_VALUES, -FP4_VALUES])
        with np.errstate(all="ignore"):
            d = np.abs(y[far][:, None] - lut)
        d = np.where(np.isnan(d), np.inf, d)   # NaN or inf input: every distance alike -> 0
        code[far] = d.argmin(axis=1).astype(np.uint8)
    return code


def _fp4_rne(y):
    """nearest-even E2M1, sign bit always copied, NaN -> +6"""
    a = np.abs(y)
    code = ((a > .25).astype(np.uint8) + (a >= .75) + (a > 1.25) + (a >= 1.75)
            + (a > 2.5) + (a >= 3.5) + (a > 5.0)).astype(np.uint8)
    code = np.where(np.signbit(y), code | 8, code)
    return np.where(np.isnan(y), 7, code).astype(np.uint8)


def quantize_nvfp4(w, flavor="cpu"):
    T = w.dtype
    rows, cols = w.shape
    g = w.astype(np.float32).reshape(-1, 16)
    amax = np.abs(g).max(axis=1)
    x = amax / np.float32(6)
    if flavor == "cpu":
        x = to_T(x, T)                         # rounded to the weight dtype first
        byte = f32_to_e4m3(x)
        s = e4m3_to_f32(byte)
        with np.errstate(all="ignore"):
            y = to_T(g / s[:, None], T)        # quotient rounded to the weight dtype
        q = _fp4_cpu(y)
    else:
        byte = f32_to_e4m3(x)
        s = e4m3_to_f32(byte)
        with np.errstate(all="ignore"):
            inv = np.where(s == 0, np.float32(0), np.float32(1) / s).astype(np.float32)
        q = _fp4_rne(g * inv[:, None])
    return _nibbles_to_u32(q.reshape(rows, cols)), byte.reshape(rows, cols // 16)


# --------------------------------------------------------------------- affine
def _round_half_away(v):
    v = np.asarray(v, np.float32).astype(np.float64)      # 0.49999997 + 0.5 must not reach 1
    return np.copysign(np.floor(np.abs(v) + 0.5), v).astype(np.float32)


def quantize_affine(w, group_size, bits, flavor="cpu"):
    T = w.dtype
    rows, cols = w.shape
    g = w.astype(np.float32).reshape(-1, group_size)
    n = np.float32((1 << bits) - 1)
    eps = np.float32(1e-7)
    lo, hi = g.min(axis=1), g.max(axis=1)
    rnd = np.rint
    if flavor == "metal":
        hi = np.maximum(hi, np.float32(0))     # running max starts at zero in that kernel
        rnd = _round_half_away
    with np.errstate(all="ignore"):
        s = np.maximum((hi - lo) / n, eps).astype(np.float32)
        neg = np.abs(lo) > np.abs(hi)
        s = np.where(neg, s, -s)
        edge = np.where(neg, lo, hi)
        q0 = rnd(edge / s)
        nz = q0 != 0
        s = np.where(nz, edge / np.where(nz, q0, 1), s).astype(np.float32)
        b = np.where(nz, edge, np.float32(0)).astype(np.float32)
        q = rnd((g - b[:, None]) / s[:, None])
        q = np.minimum(np.maximum(q, np.float32(0)), n).astype(np.uint8)
    packed = _bits_to_u32(q.reshape(rows, cols), bits)
    k = cols // group_size
    return packed, s.astype(T).reshape(rows, k), b.astype(T).reshape(rows, k)


def quantize(w, mode="affine", group_size=None, bits=None, flavor="cpu", scale_rule="ceil"):
    if mode == "affine":
        return quantize_affine(w, group_size or 64, bits or 4, flavor)
    if mode == "mxfp4":
        return quantize_mx(w, 4, flavor, scale_rule)
    if mode == "mxfp8":
        return quantize_mx(w, 8, flavor, scale_rule)
    if mode == "nvfp4":
        return quantize_nvfp4(w, flavor)
    raise ValueError(mode)
