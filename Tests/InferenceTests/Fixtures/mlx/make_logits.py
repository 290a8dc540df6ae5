"""Logits that mlx-lm computes in f32 for packages of the reference models, the last four rows of a made-up prompt.

    python make_logits.py FOLDER logits.safetensors

FOLDER holds one package for each model and pipeline, MODEL-PIPELINE. Needs mlx 0.32.4 (CPU) and mlx-lm 0.32.2. Matrices
stay quantized, all else is f32. Embedding rows are those of mx.dequantize in the type of the scales (bf16), as they are
when mlx-lm runs a package in its own type.
"""

import sys
from pathlib import Path

import mlx.core as mx
import mlx.nn as nn
import numpy as np
from mlx_lm.utils import load_model
from safetensors.numpy import save_file

mx.set_default_device(mx.cpu)
prompt = [(i * 37 + 11) % 240 for i in range(24)]
rows = {}
for folder in sorted(Path(sys.argv[1]).iterdir()):
    model, _ = load_model(folder)
    tables = {}
    for _, module in model.named_modules():
        if isinstance(module, nn.QuantizedEmbedding):
            tables[id(module)] = mx.dequantize(
                module.weight, module.scales, module.get("biases"), module.group_size, module.bits, mode=module.mode
            ).astype(mx.float32)
            mx.eval(tables[id(module)])
    nn.QuantizedEmbedding.__call__ = lambda self, ids: tables[id(self)][ids]
    model.set_dtype(mx.float32)
    logits = np.array(model(mx.array([prompt])).astype(mx.float32))[0]
    rows[folder.name] = np.ascontiguousarray(logits[-4:])
save_file(rows, sys.argv[2])
