"""Writes `video.safetensors`: what transformers makes of a video with the checkpoint qwen3_5_dense_vl, in float32.

    make_video.py FOLDER_OF_THIS_FILE

Three frames: images/c_200x150.png, its bytes b as 255 - b, and as b // 2. Resized by Pillow to the size that
`smart_resize` of the video processor gives for settings with 1,024 to 16,384 pixels, and cut as its `patchify` cuts.
Tensors: `input_ids`, `position_ids` [3, T], `rope_delta`, `grid` [3], `merged` [rows, H], `greedy_ids`. And
`../../../ImagesTests/Fixtures/video_sizes.json`: what `smart_resize` makes of [width, height, frames, factor, frames of a
patch, fewest and most pixels], as [width, height], or null where it refuses. Needs transformers 5.23, torchvision or not.
"""

import ast
import json
import math
import pathlib
import random
import sys
import numpy as np
import torch
import transformers
from PIL import Image
from safetensors.numpy import save_file
from transformers import Qwen3_5ForConditionalGeneration

folder = pathlib.Path(sys.argv[1])
# The function alone: its module cannot be imported without torchvision.
source = pathlib.Path(transformers.__file__).parent / "models/qwen3_vl/video_processing_qwen3_vl.py"
tree = ast.parse(source.read_text())
names = {"math": math}
exec(compile(ast.Module([n for n in tree.body if getattr(n, "name", "") == "smart_resize"], []), str(source), "exec"), names)
smart_resize = names["smart_resize"]

model = Qwen3_5ForConditionalGeneration.from_pretrained(
    folder / "qwen3_5_dense_vl/checkpoint", dtype=torch.float32, attn_implementation="eager")
model.eval()
picture = np.asarray(Image.open(folder / "qwen3_5_dense_vl/images/c_200x150.png").convert("RGB"))
frames = [picture, 255 - picture, picture // 2]
height, width = smart_resize(len(frames), picture.shape[0], picture.shape[1], 2, 32, 1024, 16384)
frames = [np.asarray(Image.fromarray(f).resize((width, height), Image.Resampling.BICUBIC)) for f in frames]
video = (np.stack(frames + frames[-1:]).astype(np.float32) * np.float32(1 / 255) - np.float32(0.5)) / np.float32(0.5)
t, h, w = len(video) // 2, height // 16, width // 16
x = video.transpose(0, 3, 1, 2).reshape(t, 2, 3, h // 2, 2, 16, w // 2, 2, 16)
pixels = torch.tensor(x.transpose(0, 3, 6, 4, 7, 2, 1, 5, 8).reshape(t * h * w, -1))
rows = h * w // 4
pads = [248] + [251] * rows + [249]
ids = torch.tensor([[68, 141, 181] + pads + [52, 9] + pads + [243, 8, 197, 230]])
grid = torch.tensor([[t, h, w]])
types = torch.where(ids == 251, 2, 0)
with torch.no_grad():
    merged = model.model.get_video_features(pixels, grid)
    merged = getattr(merged, "pooler_output", merged)
    merged = torch.cat(list(merged)) if isinstance(merged, (list, tuple)) else merged
    positions, delta = model.model.get_rope_index(ids, mm_token_type_ids=types, video_grid_thw=grid)
    made = model.generate(
        input_ids=ids, pixel_values_videos=pixels, video_grid_thw=grid, mm_token_type_ids=types, max_new_tokens=20,
        do_sample=False, eos_token_id=-1, pad_token_id=0)
save_file(
    {
        "input_ids": ids[0].numpy().astype(np.int32), "position_ids": positions[:, 0].numpy().astype(np.int32),
        "rope_delta": delta.flatten().numpy().astype(np.int32), "grid": grid[0].numpy().astype(np.int32),
        "merged": merged.numpy(),
        "greedy_ids": made[0, ids.shape[1]:].numpy().astype(np.int32),
    }, folder / "video.safetensors")

rng = random.Random(7)
cases = []
for index in range(60):
    case = [rng.randrange(1, 6 if index % 6 == 0 else 900), rng.randrange(1, 900), rng.randrange(2, 40), rng.choice([16, 28, 32]), 2]
    case += [rng.choice([1024, 65536, 400_000]), rng.choice([400_000, 16_777_216])]
    try:
        size = smart_resize(case[2], case[1], case[0], case[4], case[3], case[5], case[6])
        cases.append([case, [size[1], size[0]]])
    except ValueError:
        cases.append([case, None])
target = folder.parents[2] / "ImagesTests/Fixtures/video_sizes.json"
target.write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")
