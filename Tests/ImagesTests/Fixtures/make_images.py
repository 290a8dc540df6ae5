"""Writes the golden images of the tests: small PNGs and JPEGs, and the pixels that Pillow and transformers make of them.

    make_images.py OUT_FOLDER PREPROCESSOR_CONFIG IMAGE… [-- PREPROCESSOR_CONFIG IMAGE…]

Writes `images.jsonl` and `sizes.json`. Each line of the first: `name`, `data` (base64), and `size` and `pixels`, the digest of the pixels as
`load_image` of transformers gives them (upright, RGB), or `error` where it raises; `resized`, digests of bicubic
resizings; and, for the IMAGEs of the command line, `settings`, `grid` and `patches`, the digest of the processor's float32
values. Digests are FNV-1a of 64 bits. The second holds what `smart_resize` makes of width, height, factor, fewest and most
pixels. Needs Pillow 13, numpy and transformers 5.23.
"""

import base64
import io
import json
import pathlib
import random
import struct
import sys
import zlib
import numpy as np
from PIL import Image, ImageOps
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil, smart_resize

folder = pathlib.Path(sys.argv[1])
KEYS = ("size", "patch_size", "temporal_patch_size", "merge_size", "image_mean", "image_std")
noise, rng = np.random.default_rng(5), random.Random(5)
rows = []


def digest(data):
    value = 0xCBF29CE484222325
    for byte in data: value = (value ^ byte) * 0x100000001B3 % 2**64
    return f"{value:016x}"


def add(name, data, sizes=1, settings=None):
    row = {"name": name, "data": base64.b64encode(data).decode()}
    try:
        image = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")
        row |= {"size": list(image.size), "pixels": digest(image.tobytes()), "resized": []}
        for _ in range(sizes):
            width, height = rng.randrange(1, 70), rng.randrange(1, 70)
            resized = image.resize((width, height), Image.Resampling.BICUBIC)
            row["resized"].append([width, height, digest(resized.tobytes())])
        if settings:
            row["settings"] = settings
            processor = Qwen2VLImageProcessorPil(**{key: settings[key] for key in KEYS})
            out = processor.preprocess([image], return_tensors="np")
            row["grid"] = [int(side) for side in out["image_grid_thw"][0]]
            row["patches"] = digest(out["pixel_values"].astype("<f4").tobytes())
    except Exception as error:
        row["error"] = str(error)
    rows.append(row)


def picture(height, width, channels=3):
    y, x = np.mgrid[0:height, 0:width]
    waves = [128 + 100 * np.sin(x / (3 + i) + y / (5 + 2 * i)) + noise.normal(0, 12, (height, width)) for i in range(channels)]
    return np.clip(np.stack(waves, -1), 0, 255).astype(np.uint8)


def saved(image, form, **options):
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def chunk(kind, data): return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def packed(samples, depth):
    samples = samples.reshape(-1)
    if depth == 16: return samples.astype(">u2").tobytes()
    bits = "".join(format(int(sample), f"0{depth}b") for sample in samples)
    return int(bits + "0" * (-len(bits) % 8), 2).to_bytes((len(bits) + 7) // 8, "big")


def png(samples, depth, color, interlaced=False, before=b"", behind=b"", header=None, cut=None, end=chunk(b"IEND", b"")):
    height, width = samples.shape[:2]
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    parts = [samples[y::dy, x::dx] for x, y, dx, dy in passes] if interlaced else [samples]
    data = b"".join(b"\0" + packed(row, depth) for part in parts if part.size for row in part)
    head = struct.pack(">IIBBBBB", *(header or (width, height)), depth, color, 0, 0, int(interlaced))
    pixels = zlib.compress(data)[:cut]
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + before + chunk(b"IDAT", pixels) + behind + end


def colors(count): return chunk(b"PLTE", noise.integers(0, 256, 3 * count).astype(np.uint8).tobytes())


# Every kind of PNG.
for color, channels in [(0, 1), (2, 3), (3, 1), (4, 2), (6, 4)]:
    for depth in {0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16]}[color]:
        samples = noise.integers(0, 2**depth, (11, 19, channels))
        if depth == 16: samples[0, :5] = [[value] * channels for value in (0, 1, 255, 256, 300)]
        # Fewer colours than indices: the others are black.
        before = colors(min(200, 2**depth)) if color == 3 else b""
        for interlaced in (False, True):
            name = f"png {color} {depth}{' interlaced' if interlaced else ''}"
            add(name, png(samples, depth, color, interlaced, before))
        if color in (0, 2): add(f"{name} tRNS", png(samples, depth, color, before=chunk(b"tRNS", b"\0\1" * channels)))
        if color == 3: add(f"{name} tRNS", png(samples, depth, color, before=before + chunk(b"tRNS", b"\0\x80")))
plain = picture(12, 17)
add("png gamma and text", png(plain, 8, 2, before=chunk(b"gAMA", struct.pack(">I", 99999)) + chunk(b"tEXt", b"a\0b")))
add("png without an end", png(plain, 8, 2, end=b""))

# JPEGs of every sampling and colour, with odd sizes.
for height, width in [(1, 1), (3, 20), (21, 2), (16, 16), (33, 50)]:
    image = Image.fromarray(picture(height, width))
    name = f"jpeg {width}×{height}"
    for sampling in (0, 1, 2): add(f"{name} {sampling}", saved(image, "JPEG", subsampling=sampling, quality=80))
    add(f"{name} progressive", saved(image, "JPEG", progressive=True, quality=60))
    add(f"{name} gray", saved(image.convert("L"), "JPEG"))
    add(f"{name} RGB", saved(image, "JPEG", keep_rgb=True))
    add(f"{name} restarts", saved(image, "JPEG", restart_marker_rows=1))
    add(f"{name} CMYK", saved(Image.fromarray(picture(height, width, 4), "CMYK"), "JPEG"))

add("jpeg high progressive", saved(Image.fromarray(picture(300, 8)), "JPEG", progressive=True, quality=20))

# Orientations, in EXIF and XMP.
image = Image.fromarray(picture(10, 15))
for orientation in range(10):
    exif = Image.Exif()
    exif[0x010E], exif[0x0112] = "x", orientation
    add(f"jpeg orientation {orientation}", saved(image, "JPEG", exif=exif))
    add(f"png orientation {orientation}", saved(image, "PNG", exif=exif))
    xmp = b'<a tiff:Orientation="%d"/>' if orientation % 2 else b"<tiff:Orientation>%d</tiff:Orientation>"
    add(f"jpeg XMP {orientation}", saved(image, "JPEG", xmp=xmp % orientation))

# Broken ones.
whole_png, whole_jpeg = png(picture(40, 40), 8, 2), saved(Image.fromarray(picture(40, 40)), "JPEG")
for share in (0.2, 0.5, 0.9):
    add(f"png cut at {share}", whole_png[: int(len(whole_png) * share)])
    add(f"jpeg cut at {share}", whole_jpeg[: int(len(whole_jpeg) * share)])
add("png with half its pixels", png(picture(40, 40), 8, 2, cut=2000))
add("png with a wrong checksum", whole_png[:200] + bytes([whole_png[200] ^ 1]) + whole_png[201:])
add("nothing", b"")
add("text", b"hello")

# Resizing: shrinking and growing, each direction more than the other.
for height, width in [(97, 61), (64, 96), (30, 140)]:
    add(f"resize {width}×{height}", saved(Image.fromarray(picture(height, width)), "PNG"), sizes=14)
settings = None
for path in sys.argv[2:]:
    if path == "--":
        settings = None
    elif settings is None:
        settings = json.load(open(path))
    else:
        add(pathlib.Path(path).name, pathlib.Path(path).read_bytes(), settings=settings)

sizes = []
LIMITS = [(32, 65536, 16777216), (32, 4096, 65536), (16, 256, 4096), (28, 3136, 1003520)]
for index in range(400):
    factor, fewest, most = LIMITS[index % 4]
    spread = rng.choice([40, 200, 1000, 5000, 16000])
    width, height = rng.randrange(1, spread), rng.randrange(1, spread)
    if index % 5 == 0: width, height = factor * rng.randrange(1, 20) // 2, factor * rng.randrange(1, 20) // 2
    try:
        new_height, new_width = smart_resize(height, width, factor, fewest, most)
        sizes.append([width, height, factor, fewest, most, new_width, new_height])
    except ValueError:
        sizes.append([width, height, factor, fewest, most])
(folder / "sizes.json").write_text("[\n" + ",\n".join(map(json.dumps, sizes)) + "\n]\n")

with open(folder / "images.jsonl", "w") as file:
    for row in rows: file.write(json.dumps(row, ensure_ascii=False) + "\n")
print(len(rows), "images,", sum("error" in row for row in rows), "refused")
for row in rows:
    if "error" in row: print(row["name"], "|", row["error"])
