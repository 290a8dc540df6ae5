#!/usr/bin/env python3
"""What the tools themselves leave, converted: a slow check, not of every push.

    python tools/live_sources.py --model MODEL --work FOLDER --mlx PYTHON --torch PYTHON [--only PART ...]

MODEL is a trained checkpoint with its head. Each tool makes a folder beneath FOLDER (one that is there already is taken as it is,
so that an interrupted check goes on), each folder goes through `cambium run` with its decode check, and a table says what
became of it. Where a package must equal another one (that of the checkpoint itself, of the merged checkpoint, of the same numbers
in bf16) the tensors are compared by their bytes.

PYTHON of `--mlx` has mlx-lm and mlx-vlm; that of `--torch` has torch, transformers 5, peft, compressed-tensors and mergekit.
"""
import argparse
import hashlib
import json
import os
import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CAMBIUM = ROOT / ".build/release/cambium"
ENVIRONMENT = {**os.environ, "HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error", "CAMBIUM_PIPELINES": str(ROOT / "pipelines")}

# What is F32 in the checkpoint, and BF16 in what loads it as BF16 and saves it again.
LOADED = {"linear_attn.A_log", "linear_attn.norm.weight"}

SAVE = """
import sys, torch
from transformers import AutoModelForCausalLM, AutoModelForImageTextToText, AutoProcessor, AutoTokenizer
base, out, kind = sys.argv[1:]
auto = AutoModelForImageTextToText if kind == "wrapper" else AutoModelForCausalLM
model = auto.from_pretrained(base, dtype="auto" if kind == "auto" else torch.bfloat16)
model.save_pretrained(out)
(AutoProcessor if kind == "wrapper" else AutoTokenizer).from_pretrained(base).save_pretrained(out)
"""

LORA = """
import os, sys, torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer
base, out, dora = sys.argv[1:]
torch.manual_seed(7)
load = lambda: AutoModelForCausalLM.from_pretrained(base, dtype=torch.bfloat16)
settings = LoraConfig(task_type="CAUSAL_LM", r=4, lora_alpha=8, use_dora=dora == "dora",
                      target_modules=["q_proj", "v_proj", "gate_proj", "up_proj", "down_proj", "out_proj"])
model, tokenizer = get_peft_model(load(), settings), AutoTokenizer.from_pretrained(base)
ids = tokenizer("def add(a, b):\\n    return a + b\\nThe quick brown fox jumps over the lazy dog.", return_tensors="pt").input_ids
optimizer = torch.optim.AdamW([value for value in model.parameters() if value.requires_grad], lr=1e-3)
for step in range(3):
    model(input_ids=ids, labels=ids).loss.backward()
    optimizer.step()
    optimizer.zero_grad()
model.save_pretrained(os.path.join(out, "adapter"))
merged = PeftModel.from_pretrained(load(), os.path.join(out, "adapter")).merge_and_unload()
merged.save_pretrained(os.path.join(out, "merged"))
tokenizer.save_pretrained(os.path.join(out, "merged"))
"""

# Quantizes the projections of the text trunk, and writes the same numbers plainly beside: OUT and OUT-dense.
QUANTIZE = """
import json, os, shutil, sys, torch
tools, base, out, kind = sys.argv[1:]
sys.path.insert(0, tools)
import make_quantized_modules as make
from safetensors.torch import load_file, save_file
kinds = {"gptq": lambda w: make.gptq(w, group=128), "gptq-desc-act": lambda w: make.gptq(w, reorders=True),
         "awq": lambda w: make.awq(w, group=128), "ct-int4": lambda w: make.packed(w, group=128),
         "ct-int8": lambda w: make.packed(w, bits=8, symmetric=False, group=-1)}
plain, codes, config = {}, {}, None
for name in sorted(os.listdir(base)):
    if not name.endswith(".safetensors"): continue
    for key, value in load_file(os.path.join(base, name)).items():
        chosen = key.endswith("_proj.weight") and "language_model" in key and value.ndim == 2 and value.shape[1] % 128 == 0 and value.shape[0] % 32 == 0
        if not chosen:
            plain[key] = codes[key] = value.contiguous()
            continue
        made, config, read = kinds[kind](value)
        module = key[:-len("weight")]
        codes.update({module + part: part_value.contiguous() for part, part_value in made.items()})
        plain[key] = read(made).to(torch.bfloat16).contiguous()
for folder, tensors, block in ((out, codes, config), (out + "-dense", plain, None)):
    os.makedirs(folder)
    for name in os.listdir(base):
        if not name.endswith((".safetensors", ".index.json", ".jsonl")): shutil.copyfile(os.path.join(base, name), os.path.join(folder, name))
    settings = json.load(open(os.path.join(base, "config.json")))
    if block: settings["quantization_config"] = block
    json.dump(settings, open(os.path.join(folder, "config.json"), "w"), indent=1)
    save_file(tensors, os.path.join(folder, "model.safetensors"), {"format": "pt"})
"""


class Live:
    def __init__(self, arguments):
        self.model, self.work = Path(arguments.model).resolve(), Path(arguments.work).resolve()
        self.mlx, self.torch, self.only = arguments.mlx, arguments.torch, arguments.only
        self.work.mkdir(parents=True, exist_ok=True)
        self.rows, self.failed = [], 0

    def make(self, name, *command, made=None):
        """Lets a tool make a folder, unless it is there."""
        folder = self.work / name
        if (made or folder).exists():
            return folder
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, env=ENVIRONMENT, cwd=self.work)
        if done.returncode != 0:
            shutil.rmtree(folder, ignore_errors=True)
            self.row(name, "the tool failed", done.stderr.strip().splitlines()[-1:] or [""], "", True)
            return None
        return folder

    def run(self, name, source, pipeline="mxfp4", **members):
        """Converts a folder; returns the package, or nothing."""
        if source is None:
            return None
        out = self.work / "packages" / name
        out.parent.mkdir(exist_ok=True)
        shutil.rmtree(out, ignore_errors=True)
        shutil.rmtree(f"{out}.work", ignore_errors=True)
        manifest = self.work / "packages" / f"{name}.json"
        manifest.write_text(json.dumps({"cambium": 1, "source": str(source), "pipeline": pipeline, "output": str(out), **members}))
        done = subprocess.run([str(CAMBIUM), "run", str(manifest), "--quiet"], capture_output=True, text=True, env=ENVIRONMENT)
        text = done.stdout + done.stderr
        code, check = re.findall(r"E_[A-Z_]+", text), re.findall(r"decode check\s+(.*)", text)
        return out, done.returncode, (check or code or ["-"])[0][:60]

    def row(self, name, status, check, equal, bad):
        check = check[0] if isinstance(check, list) else check
        self.rows.append((name, str(status), check, equal))
        self.failed += bad
        print(f"{'FAIL' if bad else 'ok  '} {name:34} {status!s:>3}  {check:60} {equal}", flush=True)

    def judge(self, name, result, against=None, loaded=False, wants="bit-identical"):
        """A row of the table: the run's status and check, and how its tensors compare with another package's."""
        if result is None:
            return
        out, status, check = result
        equal, bad = "", status != 0 or not check.startswith(wants)
        if against is not None and status == 0 and against[1] == 0:
            ours, other = tensors(out), tensors(against[0])
            both = sorted(ours.keys() & other.keys())
            differing = [key for key in both if ours[key] != other[key]]
            equal = f"{len(both) - len(differing)} of {len(both)} tensors equal"
            equal += f"; differ: {', '.join(sorted({kind(key) for key in differing}))}" if differing else ""
            bad |= not {kind(key) for key in differing} <= (LOADED if loaded else set())
        self.row(name, status, check, equal, bad)

    def wanted(self, part):
        return not self.only or part in self.only


def tensors(folder):
    """Name to digest of dtype, shape and bytes."""
    found = {}
    for file in sorted(Path(folder).glob("*.safetensors")):
        data = file.read_bytes()
        size = struct.unpack("<Q", data[:8])[0]
        for name, entry in json.loads(data[8 : 8 + size]).items():
            if name != "__metadata__":
                begin, end = entry["data_offsets"]
                text = f"{entry['dtype']}{entry['shape']}".encode()
                found[name] = hashlib.sha256(text + data[8 + size + begin : 8 + size + end]).hexdigest()
    return found


def kind(name):
    return re.sub(r"^.*layers\.\d+\.", "", name)


def transformers(live, plain):
    for name in ("text", "auto", "wrapper"):
        folder = live.make(f"hf-{name}", live.torch, "-c", SAVE, live.model, live.work / f"hf-{name}", name)
        # Loading in bf16 rounds what the checkpoint keeps in F32: A_log, and the gated norms.
        live.judge(f"save_pretrained, {name}", live.run(f"hf-{name}", folder, donor=str(live.model)), plain, True)


def mlx(live, plain):
    recipes = {"bf16": [], "q4": ["-q"], "mixed_3_6": ["-q", "--quant-predicate", "mixed_3_6"], "mxfp4": ["-q", "--q-mode", "mxfp4"]}
    for tool in ("mlx_lm", "mlx_vlm"):
        for recipe, options in recipes.items():
            name = f"{tool}-{recipe}"
            command = ["-m", tool, "convert", "--hf-path", live.model, "--mlx-path", live.work / name, *options]
            folder = live.make(name, live.mlx, *command)
            pipeline = "mxfp4" if recipe == "bf16" else "graft-only"
            result = live.run(name, folder, pipeline, donor=str(live.model))
            live.judge(f"{tool}.convert, {recipe}", result, plain if recipe == "bf16" else None, True)


def fuse(live, plain):
    data = live.work / "data"
    data.mkdir(exist_ok=True)
    for name in ("train", "valid", "test"):
        (data / f"{name}.jsonl").write_text('{"text": "def add(a, b):\\n    return a + b"}\n' * 4)
    train = ["-m", "mlx_lm", "lora", "--train", "--data", data, "--iters", "3", "--batch-size", "2", "--num-layers", "4"]
    adapter = live.make("fuse-adapter", live.mlx, *train, "--model", live.model, "--adapter-path", live.work / "fuse-adapter")
    if adapter:
        command = ["-m", "mlx_lm", "fuse", "--model", live.model, "--adapter-path", adapter, "--save-path", live.work / "fused"]
        live.judge("mlx_lm.fuse", live.run("fused", live.make("fused", live.mlx, *command), donor=str(live.model)))


def peft(live, plain):
    for name in ("lora", "dora"):
        folder = live.make(f"peft-{name}", live.torch, "-c", LORA, live.model, live.work / f"peft-{name}", name)
        if folder is None:
            continue
        head = {"donor": str(live.model), "head": "replace"}
        merged = live.run(f"peft-{name}-merged", folder / "merged", **head)
        live.judge(f"PEFT {name}, merge_and_unload", merged)
        # A_log and the gated norms are F32 in the checkpoint, and BF16 where transformers loaded them. DoRA's lengths are summed
        # in another order, which may move an element by a unit in the last place.
        ours = live.run(f"peft-{name}-adapter", live.model, adapter=str(folder / "adapter"), head="keep")
        live.judge(f"PEFT {name}, merged while streaming", ours, merged, True)


def mergekit(live, plain):
    wrapper = live.work / "hf-wrapper"
    if not wrapper.exists():
        return
    recipe = live.work / "merge.yml"
    models = "".join(f"  - model: {model}\n    parameters: {{weight: 0.5}}\n" for model in (live.model, wrapper))
    recipe.write_text(f"merge_method: linear\nmodels:\n{models}dtype: bfloat16\n")
    program = Path(live.torch).parent / "mergekit-yaml"
    folder = live.make("mergekit", program, recipe, live.work / "mergekit", "--copy-tokenizer")
    live.judge("mergekit, linear", live.run("mergekit", folder, donor=str(live.model)), plain, True)


def quantizers(live, plain):
    for name in ("gptq", "gptq-desc-act", "awq", "ct-int4", "ct-int8"):
        folder = live.make(name, live.torch, "-c", QUANTIZE, ROOT / "tools", live.model, live.work / name, name)
        if folder is None:
            continue
        dense = live.run(f"{name}-dense", f"{folder}-dense")
        live.judge(f"{name}", live.run(name, folder), dense)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for option in ("model", "work", "mlx", "torch"):
        parser.add_argument("--" + option, required=True)
    parser.add_argument("--only", nargs="*", default=[])
    live = Live(parser.parse_args())
    plain = live.run("plain", live.model)
    live.judge("the checkpoint itself", plain)
    for part in (transformers, mlx, fuse, peft, mergekit, quantizers):
        if live.wanted(part.__name__):
            part(live, plain)
    print(f"{len(live.rows)} rows, {live.failed} failed")
    sys.exit(1 if live.failed else 0)


main()
