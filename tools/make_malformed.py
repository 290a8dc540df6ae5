#!/usr/bin/env python3
"""Malformed checkpoints, tokenizers, manifests, receipts, packages and archives, and what cambium makes of them.

    tools/make_malformed.py OUT                     writes the corpus below OUT, and OUT/cases.json
    tools/make_malformed.py OUT --cambium PROGRAM   also runs each case and prints a table

A case passes when the program ends with an error of the expected code, not by a signal, within ten seconds and below
64 MiB of memory, as wait4 says; a case without a code must end well, with the package of an undisturbed run. Those of the
tokenizer and the chat template run verify-runner, which lies beside cambium. Standard library only."""

import argparse
import hashlib
import json
import os
import re
import shutil
import struct
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from malformed_tokenizers import DEEP, TEMPLATES, TOKENIZERS, WIDE  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TRUNK = os.path.join(ROOT, "manifests", "demo", "trunk")
DONOR = os.path.join(ROOT, "manifests", "demo", "donor")
SHARD = "model-00001-of-00001.safetensors"
INDEX = "model.safetensors.index.json"
MEMORY = 64 << 20


def blob(header, data=b"", length=None):
    header = header if isinstance(header, bytes) else header.encode()
    return struct.pack("<Q", len(header) if length is None else length) + header + data


def record(dtype="F32", shape="[1]", offsets="[0,4]"):
    return '{"dtype":"%s","shape":%s,"data_offsets":%s}' % (dtype, shape, offsets)


def one(**fields):
    return '{"a":%s}' % record(**fields)


FOUR = b"\0" * 4

# Shards in the place of the trunk's own: name, bytes, code.
SHARDS = [
    ("empty", b"", "E_ST_HEADER_TOO_SMALL"),
    ("seven-bytes", b"\0" * 7, "E_ST_HEADER_TOO_SMALL"),
    ("length-past-the-end", blob(one(), FOUR, 4096), "E_ST_HEADER_LENGTH"),
    ("length-100000001", blob("{}", b"", 100_000_001), "E_ST_HEADER_TOO_LARGE|E_ST_HEADER_LENGTH"),
    ("length-2-63", blob("{}", b"", 1 << 63), "E_ST_HEADER_TOO_LARGE"),
    ("length-2-64-minus-1", blob("{}", b"", (1 << 64) - 1), "E_ST_HEADER_TOO_LARGE"),
    ("length-0", blob(""), "E_ST_NOT_OBJECT|E_ST_HEADER_JSON"),
    ("not-json", blob("{not json"), "E_ST_HEADER_JSON"),
    ("an-array", blob("[]"), "E_ST_NOT_OBJECT"),
    ("invalid-utf8", blob(b'{"\xff":' + record().encode() + b"}", FOUR), "E_ST_HEADER_UTF8"),
    ("overlong-utf8", blob(b'{"\xc0\xaf":' + record().encode() + b"}", FOUR), "E_ST_HEADER_UTF8"),
    ("lone-surrogate", blob('{"\\ud800":%s}' % record(), FOUR), "E_ST_HEADER_JSON"),
    ("byte-order-mark", blob(b"\xef\xbb\xbf" + one().encode(), FOUR), "E_ST_"),
    ("deep", blob('{"a":%s}' % DEEP), "E_ST_"),
    ("deep-metadata", blob('{"__metadata__":%s,"a":%s}' % (DEEP, record()), FOUR), "E_ST_"),
    ("name-twice", blob('{"a":%s,"a":%s}' % (record(), record()), FOUR), "E_ST_DUPLICATE_NAME"),
    ("name-twice-escaped", blob('{"a":%s,"\\u0061":%s}' % (record(), record()), FOUR), "E_ST_DUPLICATE_NAME"),
    ("key-twice", blob('{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}', FOUR), "E_ST_"),
    ("metadata-number", blob('{"__metadata__":{"k":1},"a":%s}' % record(), FOUR), "E_ST_METADATA"),
    ("metadata-null", blob('{"__metadata__":null,"a":%s}' % record(), FOUR), "E_ST_METADATA"),
    ("unknown-dtype", blob(one(dtype="Q4"), FOUR), "E_ST_DTYPE"),
    ("small-letters", blob(one(dtype="f32"), FOUR), "E_ST_DTYPE"),
    ("no-shape", blob('{"a":{"dtype":"F32","data_offsets":[0,4]}}', FOUR), "E_ST_TENSOR_INFO"),
    ("a-list-for-a-record", blob('{"a":["F32",[1],[0,4]]}', FOUR), "E_ST_TENSOR_INFO"),
    ("unknown-field", blob('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}}', FOUR), "E_ST_TENSOR_INFO"),
    ("negative-dimension", blob(one(shape="[-1]"), FOUR), "E_ST_NUMBER"),
    ("fraction", blob(one(shape="[1.0]"), FOUR), "E_ST_NUMBER"),
    ("exponent", blob(one(shape="[1e0]"), FOUR), "E_ST_NUMBER"),
    ("minus-zero", blob(one(shape="[-0]"), FOUR), "E_ST_NUMBER"),
    ("nan", blob(one(shape="[NaN]"), FOUR), "E_ST_HEADER_JSON"),
    ("infinity", blob(one(shape="[Infinity]"), FOUR), "E_ST_HEADER_JSON"),
    ("twenty-digits", blob(one(shape="[99999999999999999999]"), FOUR), "E_ST_NUMBER|E_ST_OVERFLOW"),
    ("product-wraps", blob(one(shape="[4611686018427387904,4]", offsets="[0,0]")), "E_ST_OVERFLOW"),
    ("product-wraps-behind-zero", blob(one(shape="[0,4611686018427387904,4]", offsets="[0,0]")), "E_ST_OVERFLOW"),
    ("bits-wrap", blob(one(dtype="F64", shape="[1152921504606846976]", offsets="[0,0]")), "E_ST_OVERFLOW"),
    ("offset-2-64", blob(one(offsets="[0,18446744073709551616]"), FOUR), "E_ST_NUMBER|E_ST_OVERFLOW"),
    ("offset-2-64-minus-1", blob(one(offsets="[0,18446744073709551615]"), FOUR), "E_ST_"),
    ("reversed", blob(one(offsets="[4,0]"), FOUR), "E_ST_OFFSETS"),
    ("three-offsets", blob(one(offsets="[0,2,4]"), FOUR), "E_ST_"),
    ("hole", blob('{"a":%s,"b":%s}' % (record("U8", "[1]", "[0,1]"), record("U8", "[1]", "[2,3]")), b"\0" * 3),
     "E_ST_HOLE"),
    ("overlap", blob('{"a":%s,"b":%s}' % (record("U8", "[2]", "[0,2]"), record("U8", "[2]", "[1,3]")), b"\0" * 3),
     "E_ST_OVERLAP"),
    ("size-differs", blob(one(shape="[2]"), FOUR), "E_ST_SIZE_MISMATCH"),
    ("cut", blob(one(), b"\0" * 3), "E_ST_TRUNCATED"),
    ("trailing", blob(one(), b"\0" * 5), "E_ST_TRAILING"),
    ("pickle", b"\x80\x02}q\x00." + b"\0" * 20, "E_ST_WRONG_FORMAT"),
    ("zip", b"PK\x03\x04" + b"\0" * 30, "E_ST_WRONG_FORMAT"),
    ("gguf", b"GGUF" + b"\0" * 30, "E_ST_WRONG_FORMAT"),
    ("lfs-pointer", b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 1\n",
     "E_ST_LFS_POINTER"),
    ("rank-4096", blob(one(shape="[" + ",".join(["1"] * 4096) + "]"), FOUR), "E_"),
    ("name-of-a-megabyte", blob('{"%s":%s}' % ("x" * (1 << 20), record()), FOUR), "E_ST_NAME"),
    ("empty-name", blob('{"":%s}' % record(), FOUR), "E_ST_NAME"),
    ("nul-in-a-name", blob('{"a\\u0000b":%s}' % record(), FOUR), "E_ST_NAME"),
    ("padded-with-tabs", blob(one() + "\t\t", FOUR), "E_ST_HEADER_PADDING"),
    ("header-of-100-megabytes", 8 + 100_000_000, "E_ST_HEADER_TOO_LARGE"),
    ("header-of-16-megabytes", 8 + (16 << 20), "E_ST_HEADER_JSON"),
    ("name-of-16-megabytes", blob('{"%s":%s}' % ("x" * ((16 << 20) - 100), record()), FOUR), "E_ST_NAME"),
    ("280000-records", blob("{" + ",".join('"%d":{"dtype":"U8","shape":[],"data_offsets":[0,1]}' % i
                                           for i in range(280_000)) + "}", FOUR), "E_ST_"),
    ("20000-records-of-one-range", blob("{" + ",".join('"t%d":%s' % (i, record()) for i in range(20000)) + "}", FOUR),
     "E_ST_"),
]

GOOD = '"model.language_model.embed_tokens.weight"'


def index(body):
    return '{"metadata":{"total_size":15476624},"weight_map":{%s}}' % body


INDEXES = [
    ("path-climbs", index(GOOD + ':"../trunk/%s"' % SHARD), "E_INDEX_PATH"),
    ("path-climbs-inside", index(GOOD + ':"x/../%s"' % SHARD), "E_INDEX_PATH"),
    ("path-absolute", index(GOOD + ':"/etc/passwd"'), "E_INDEX_PATH"),
    ("path-of-a-folder-below", index(GOOD + ':"sub/%s"' % SHARD), "E_INDEX_"),
    ("path-empty", index(GOOD + ':""'), "E_INDEX_"),
    ("path-with-nul", index(GOOD + ':"model\\u0000.safetensors"'), "E_INDEX_"),
    ("path-number", index(GOOD + ":1"), "E_INDEX_FORM|E_JSON_TYPE"),
    ("missing-shard", index(GOOD + ':"model-00002-of-00002.safetensors"'), "E_INDEX_MISSING_SHARD"),
    ("leaves-tensors-out", index(GOOD + ':"%s"' % SHARD), "E_INDEX_MISMATCH"),
    ("key-twice", index(GOOD + ':"%s",' % SHARD + GOOD + ':"%s"' % SHARD), "E_JSON_DUPLICATE_KEY"),
    ("deep", '{"weight_map":%s}' % DEEP, "E_INDEX_FORM"),
    ("deep-beside", '{"x":%s,"weight_map":{}}' % DEEP, "E_JSON_DEPTH"),
    ("an-array", "[]", "E_INDEX_FORM|E_JSON_TYPE"),
    ("no-map", '{"metadata":{}}', "E_INDEX_FORM|E_JSON_MISSING_FIELD"),
    ("nan", '{"metadata":{"total_size":NaN},"weight_map":{}}', "E_JSON_"),
    ("invalid-utf8", b'{"weight_map":{"\xff":"a"}}', "E_JSON_UTF8"),
    ("byte-order-mark", b"\xef\xbb\xbf{}", "E_JSON_"),
    ("empty", "", "E_JSON_"),
    ("cut", '{"weight_map":{"a":"' , "E_JSON_"),
    ("wide", '{"x":%s}' % WIDE, "E_INDEX_FORM"),
    ("300000-entries", '{"weight_map":{%s}}' % ",".join('"%d":"a.safetensors"' % i for i in range(300_000)),
     "E_INDEX_MISSING_SHARD"),
    ("string-of-15-megabytes", '"' + "x" * (15 << 20) + '"', "E_INDEX_FORM"),
    ("of-101-megabytes", 101_000_000, "E_FILE_LIMIT"),
]

CONFIG = open(os.path.join(TRUNK, "config.json")).read()


def config(pattern, replacement):
    text, count = re.subn(pattern, replacement, CONFIG, count=1)
    assert count == 1, pattern
    return text


CONFIGS = [
    ("no-json", "{", "E_JSON_"),
    ("empty-object", "{}", "E_"),
    ("deep", '{"x":%s}' % DEEP, "E_JSON_DEPTH"),
    ("key-twice", CONFIG.replace("{", '{"model_type":"qwen3_5",', 1), "E_JSON_DUPLICATE_KEY"),
    ("key-twice-escaped", CONFIG.replace("{", '{"model\\u005ftype":"qwen3_5",', 1), "E_JSON_DUPLICATE_KEY"),
    ("invalid-utf8", CONFIG.encode().replace(b"silu", b"si\xfflu"), "E_JSON_UTF8"),
    ("utf16", CONFIG.encode("utf-16"), "E_JSON_"),
    ("nan", config(r'"rms_norm_eps": 1e-06', '"rms_norm_eps": NaN'), "E_JSON_"),
    ("layers-2-62", config(r'"num_hidden_layers": 8', '"num_hidden_layers": 4611686018427387904'), "E_CONFIG"),
    ("layers-negative", config(r'"num_hidden_layers": 8', '"num_hidden_layers": -8'), "E_CONFIG|E_JSON"),
    ("layers-zero", config(r'"num_hidden_layers": 8', '"num_hidden_layers": 0'), "E_CONFIG"),
    ("layers-fraction", config(r'"num_hidden_layers": 8', '"num_hidden_layers": 8.0'), "E_CONFIG|E_JSON"),
    ("layers-text", config(r'"num_hidden_layers": 8', '"num_hidden_layers": "8"'), "E_CONFIG|E_JSON"),
    ("hidden-huge", config(r'"hidden_size": 256', '"hidden_size": 9223372036854775807'), "E_CONFIG|E_SHAPE"),
    ("hidden-zero", config(r'"hidden_size": 256', '"hidden_size": 0'), "E_CONFIG"),
    ("heads-zero", config(r'"num_attention_heads": 4', '"num_attention_heads": 0'), "E_CONFIG"),
    ("kv-heads-zero", config(r'"num_key_value_heads": 2', '"num_key_value_heads": 0'), "E_CONFIG"),
    ("interval-zero", config(r'"full_attention_interval": 4', '"full_attention_interval": 0'), "E_CONFIG|ok"),
    ("value-heads-huge", config(r'"linear_num_value_heads": 4', '"linear_num_value_heads": 4294967296'),
     "E_CONFIG|E_SHAPE"),
    ("head-dim-huge", config(r'"head_dim": 64', '"head_dim": 3037000500'), "E_CONFIG|E_SHAPE"),
    ("vocabulary-huge", config(r'"vocab_size": 4096', '"vocab_size": 99999999999999999999999'), "E_CONFIG|E_JSON"),
    ("model-type-array", config(r'"model_type": "qwen3_5"', '"model_type": ["qwen3_5"]'), "E_"),
    ("wide", '{"x":%s}' % WIDE, "E_JSON_VALUES"),
    ("of-100-megabytes", 100_000_000, "E_FILE_LIMIT"),
    ("text-config-null", '{"model_type":"qwen3_5","text_config":null}', "E_"),
]

MANIFEST = {"cambium": 1, "source": "TRUNK", "donor": "DONOR", "pipeline": "mxfp4", "base_model": "a/b", "output": "out",
            "check": {"prompts": 1, "tokens": 4, "depths": [1]}}
M = json.dumps(MANIFEST)


def manifest(**changes):
    return json.dumps({**MANIFEST, **changes})


MANIFESTS = [
    ("empty", "", "E_JSON_"),
    ("a-number", "1", "E_JSON_TYPE|E_MANIFEST"),
    ("key-twice", M.replace("{", '{"cambium": 1, ', 1), "E_JSON_DUPLICATE_KEY"),
    ("deep", M[:-1] + ', "rules": %s}' % DEEP, "E_JSON_DEPTH"),
    ("invalid-utf8", M.encode().replace(b"mxfp4", b"mx\xff"), "E_JSON_UTF8"),
    ("lone-surrogate", M.replace("mxfp4", "\\ud800"), "E_JSON_"),
    ("nan", M.replace('"cambium": 1', '"cambium": NaN'), "E_JSON_"),
    ("version-2", manifest(cambium=2), "E_MANIFEST_VERSION"),
    ("version-huge", M.replace('"cambium": 1', '"cambium": 1' + "0" * 400), "E_"),
    ("unknown-field", manifest(sorce="x"), "E_JSON_UNKNOWN_FIELD"),
    ("source-missing", manifest(source="nowhere"), "E_SOURCE_MISSING"),
    ("source-a-file", manifest(source=os.path.join(TRUNK, "config.json")), "E_"),
    ("source-a-device", manifest(source="/dev/zero"), "E_"),
    ("source-nul", manifest(source="a\0b"), "E_"),
    ("source-very-long", manifest(source="x" * 100_000), "E_"),
    ("output-in-the-source", manifest(output=TRUNK + "/out"), "E_OUTPUT_INSIDE_INPUT"),
    ("output-empty", manifest(output=""), "E_"),
    ("pipeline-path", manifest(pipeline="../../../../etc/passwd"), "E_"),
    ("pipeline-device", manifest(pipeline="/dev/zero.json"), "E_"),
    ("wide", M[:-1] + ', "rules": [' + "0," * 1_000_000 + "0]}", "E_JSON_VALUES"),
    ("of-100-megabytes", 100_000_000, "E_FILE_LIMIT"),
    ("many-stars", manifest(rules=[{"match": "*a" * 60 + "b", "treatment": "keep"}]), "E_"),
    ("many-double-stars", manifest(rules=[{"match": "**.**." * 40 + "b", "treatment": "keep"}]), "E_"),
]


class Corpus:
    def __init__(self, out):
        self.out = os.path.abspath(out)
        self.cases = []

    def path(self, *parts):
        path = os.path.join(self.out, *parts)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return path

    def write(self, data, *parts):
        """Bytes, text, or a number of zeros that take no space."""
        with open(self.path(*parts), "wb") as file:
            if isinstance(data, int):
                file.truncate(data)
                return
            file.write(data if isinstance(data, bytes) else data.encode())

    def case(self, kind, name, code, command, **more):
        self.cases.append({"id": f"{kind}/{name}", "code": code, "command": command, **more})

    def text_case(self, kind, name, file, data, code, command):
        """A trunk with one text file changed, given to verify-runner."""
        folder = self.folder(kind, name, [file])
        self.write(data, folder, file)
        self.case(kind, name, code, [part.replace("FOLDER", folder) for part in command], program="verify-runner")

    def folder(self, kind, name, without=()):
        """A copy of the trunk; its files are links to the originals, which no case writes."""
        folder = self.path(kind, name, "x")[:-2]
        os.makedirs(folder, exist_ok=True)
        for entry in sorted(os.listdir(TRUNK)):
            if entry in without:
                continue
            target = os.path.join(folder, entry)
            if os.path.lexists(target):
                os.unlink(target)
            try:
                os.link(os.path.join(TRUNK, entry), target)
            except OSError:
                shutil.copy(os.path.join(TRUNK, entry), target)
        return folder

    def build(self):
        for name, data, code in SHARDS:
            folder = self.folder("shard", name, [SHARD, INDEX])
            self.write(data, folder, "model.safetensors")
            if isinstance(data, int):
                with open(os.path.join(folder, "model.safetensors"), "r+b") as file:
                    file.write(struct.pack("<Q", data - 8) + b"{")
            self.case("shard", name, code, ["plan", self.manifest_for("shard", name, folder)])
        for name, data, code in INDEXES:
            folder = self.folder("index", name, [INDEX])
            self.write(data, folder, INDEX)
            self.case("index", name, code, ["plan", self.manifest_for("index", name, folder)])
        for name, data, code in CONFIGS:
            folder = self.folder("config", name, ["config.json"])
            self.write(data, folder, "config.json")
            self.case("config", name, code, ["plan", self.manifest_for("config", name, folder)])
        for name, file, data, code in TOKENIZERS:
            self.text_case("tokenizer", name, file, data, code, ["tokenize", "FOLDER", "ab<|im_end|>"])
        for name, file, data, code in TEMPLATES:
            self.text_case("template", name, file, data, code, ["generate", "FOLDER", "--chat", "a", "--limit", "1"])
        self.places()
        for name, data, code in MANIFESTS:
            if not isinstance(data, int):
                data = data if isinstance(data, bytes) else data.encode()
                data = data.replace(b"TRUNK", TRUNK.encode()).replace(b"DONOR", DONOR.encode())
            self.write(data, "manifest", name + ".json")
            self.case("manifest", name, code, ["run", self.path("manifest", name + ".json"), "--quiet"])
        self.write(json.dumps(self.cases, indent=1), "cases.json")

    def manifest_for(self, kind, name, folder):
        path = os.path.join(self.out, kind, name + ".json")
        self.write(json.dumps({**MANIFEST, "source": folder, "donor": DONOR}), path)
        return path

    def places(self):
        """Names that are no plain files of the folder."""
        def place(name, code, make, without=(SHARD,)):
            folder = self.folder("place", name, without)
            make(folder)
            self.case("place", name, code, ["plan", self.manifest_for("place", name, folder)])

        outside = self.path("place", "outside", SHARD)
        if not os.path.exists(outside):
            shutil.copy(os.path.join(TRUNK, SHARD), outside)

        def remake(make):
            def body(folder):
                target = os.path.join(folder, SHARD)
                if os.path.lexists(target):
                    os.unlink(target)
                make(target)
            return body

        place("shard-links-out", "E_LINK_ESCAPES", remake(lambda path: os.symlink("../outside/" + SHARD, path)))
        place("shard-links-to-itself", "E_", remake(lambda path: os.symlink(SHARD, path)))
        place("shard-is-a-pipe", "E_", remake(os.mkfifo))
        place("shard-is-a-device", "E_", remake(lambda path: os.symlink("/dev/zero", path)))

        def config_link(folder):
            target = os.path.join(folder, "config.json")
            if os.path.lexists(target):
                os.unlink(target)
            os.symlink("/etc/passwd", target)
        place("config-links-out", "E_", config_link, ["config.json"])

        def tokenizer_link(folder):
            target = os.path.join(folder, "tokenizer.json")
            if os.path.lexists(target):
                os.unlink(target)
            os.symlink("/etc/passwd", target)
        place("tokenizer-links-out", "E_LINK_ESCAPES", tokenizer_link, ["tokenizer.json"])

        def both(folder):
            shutil.copy(os.path.join(TRUNK, SHARD), os.path.join(folder, "model.safetensors"))
        place("two-spellings-of-one-model", "E_", both, [])


# Starts programs and waits for them: a process of its own and small, because what the system says of a child's memory begins
# with what its parent held when it started it.
LAUNCHER = r"""
import json, os, sys, time
for line in sys.stdin:
    arguments, folder, variables, log = json.loads(line)
    start = time.monotonic()
    process = os.fork()
    if process == 0:
        os.chdir(folder)
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.execve(arguments[0], arguments, variables)
    while True:
        done, status, usage = os.wait4(process, os.WNOHANG)
        if done:
            break
        if time.monotonic() > start + 120:
            os.kill(process, 9)
        time.sleep(0.002)
    # Time of the processor: the machine may be doing something else.
    seconds = usage.ru_utime + usage.ru_stime
    peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    print(json.dumps([os.waitstatus_to_exitcode(status), seconds, peak]), flush=True)
"""


class Runner:
    def __init__(self, corpus, cambium):
        self.corpus, self.cambium = corpus, os.path.abspath(cambium)
        self.launcher = subprocess.Popen([sys.executable, "-I", "-S", "-c", LAUNCHER], stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, text=True)
        self.counts = {}
        self.failed = 0
        self.largest = 0

    def run(self, arguments, cwd=None, program=None, variables=None):
        """Status (negative: a signal, that of a hang too), seconds of processor, peak bytes, what was said."""
        log = self.corpus.path("log")
        program = self.cambium if program is None else os.path.join(os.path.dirname(self.cambium), program)
        environment = dict(os.environ, CAMBIUM_PIPELINES=os.path.join(ROOT, "pipelines"), **(variables or {}))
        order = json.dumps([[program, *arguments], cwd or self.corpus.out, environment, log])
        self.launcher.stdin.write(order + "\n")
        self.launcher.stdin.flush()
        status, seconds, peak = json.loads(self.launcher.stdout.readline())
        with open(log, "rb") as file:
            text = file.read(1 << 16).decode(errors="replace")
        return status, seconds, peak, text

    def count(self, name, good):
        kind = name.split("/")[0]
        passed, cases = self.counts.get(kind, (0, 0))
        self.counts[kind] = (passed + good, cases + 1)
        self.failed += not good

    def judge(self, name, code, arguments, cwd=None, program=None):
        status, seconds, peak, text = self.run(arguments, cwd, program)
        found = re.search(r"\bE_[A-Z0-9_]+", text)
        verdict = found.group(0) if found and status != 0 else ("ok" if status == 0 else f"status {status}")
        good = 0 <= status < 128 and seconds < 10 and peak <= MEMORY
        good = good and any(verdict.startswith(wanted) for wanted in code.split("|"))
        self.count(name, good)
        self.largest = max(self.largest, peak)
        print(f"{'ok  ' if good else 'FAIL'} {name:42} {verdict:26} {peak / (1 << 20):6.1f} MiB {seconds:6.2f} s"
              + ("" if good else f"   expected {code}; {text[:300]!r}"), flush=True)

    def corpus_cases(self):
        for case in self.corpus.cases:
            self.judge(case["id"], case["code"], case["command"], program=case.get("program"))

    # What a run left behind, damaged.

    def tree(self, path):
        found = {}
        for folder, _, names in os.walk(path):
            for name in names:
                full = os.path.join(folder, name)
                with open(full, "rb") as file:
                    found[os.path.relpath(full, path)] = hashlib.sha256(file.read()).hexdigest()
        return found

    def work_cases(self):
        base = self.corpus.path("work", "x")[:-2]
        shutil.rmtree(base, ignore_errors=True)
        os.makedirs(base)
        with open(base + "/m.json", "w") as file:
            json.dump({**MANIFEST, "source": TRUNK, "donor": DONOR}, file)
        status, _, _, text = self.run(["run", "m.json", "--quiet"], base)
        assert status == 0, text
        reference = self.tree(base + "/out")
        files = sorted(os.path.relpath(os.path.join(folder, name), base)
                       for folder, _, names in os.walk(base + "/out.work") for name in names
                       if not name.endswith(".log") and not name.endswith("lock"))
        damages = {
            "empty": lambda data: b"", "cut": lambda data: data[:len(data) // 2],
            "one bit": lambda data: data[:len(data) // 3] + bytes([data[len(data) // 3] ^ 4]) + data[len(data) // 3 + 1:],
            "deep": lambda data: b"[" * 100_000, "invalid utf-8": lambda data: data[:5] + b"\xff" + data[5:],
            "huge numbers": lambda data: re.sub(rb"\b\d+\b", b"9223372036854775807", data),
        }
        for file in files:
            for damage, change in damages.items():
                path = os.path.join(base, file)
                if file.endswith(".safetensors") and damage not in ("cut", "one bit", "empty"):
                    continue
                if not os.path.exists(path):
                    continue
                with open(path, "rb") as before:
                    data = before.read()
                if not data:
                    continue
                os.unlink(path)
                with open(path, "wb") as after:
                    after.write(change(data))
                name = f"work/{file}: {damage}"
                status, seconds, peak, text = self.run(["run", "m.json", "--quiet"], base)
                same = os.path.isdir(base + "/out") and self.tree(base + "/out") == reference
                # The proof that the output is this run's own: without it the run refuses, and touches nothing.
                refuses = file.endswith("/published") and status == 65 and "E_OUTPUT_EXISTS" in text
                good = (status == 0 or refuses) and same and seconds < 10
                self.count(name, good)
                print(f"{'ok  ' if good else 'FAIL'} {name:68} status {status} {seconds:5.2f} s"
                      + ("" if good else f" {text[:300]!r}"), flush=True)
                if not good or refuses:
                    shutil.rmtree(base + "/out", ignore_errors=True)
                    shutil.rmtree(base + "/out.work", ignore_errors=True)
                    self.run(["run", "m.json", "--quiet"], base)

    def journal_cases(self):
        """A run that was killed in the middle of its units, and its journal damaged: the next run makes the same package."""
        base = self.corpus.path("work", "x")[:-2]
        reference = self.tree(base + "/out")
        line = b'{"unit":0,"record":"x","crc":"0000000000000000"}\n'
        for name, change in [
            ("empty", lambda data: b""), ("cut", lambda data: data[:len(data) * 2 // 3]),
            ("header-alone", lambda data: data[:data.index(b"\n") + 1]),
            ("one-bit-of-the-header", lambda data: data[:20] + bytes([data[20] ^ 1]) + data[21:]),
            ("one-bit-in-the-middle", lambda data: data[:len(data) // 2] + bytes([data[len(data) // 2] ^ 1])
             + data[len(data) // 2 + 1:]),
            ("lines-twice", lambda data: data + data[data.index(b"\n") + 1:]),
            ("lines-turned-round", lambda data: b"\n".join(data.split(b"\n")[:1] + data.split(b"\n")[-2:0:-1]) + b"\n"),
            ("wrong-checks", lambda data: data + line * 1000), ("deep", lambda data: data + b"[" * 100_000 + b"\n"),
            ("zeros-behind", lambda data: data + bytes(1 << 20)), ("no-line-end", lambda data: data[:-1]),
            ("invalid-utf8", lambda data: data + b'{"\xff":1}\n'), ("not-ours", lambda data: b"\x7fELF" * 1000),
        ]:
            shutil.rmtree(base + "/out", ignore_errors=True)
            shutil.rmtree(base + "/out.work", ignore_errors=True)
            status, _, _, text = self.run(["run", "m.json", "--quiet"], base, variables={"CAMBIUM_CRASH_AT": "journal:6"})
            assert status == -9, text
            journal = base + "/out.work/quantize/journal.jsonl"
            with open(journal, "rb") as file:
                data = file.read()
            with open(journal, "wb") as file:
                file.write(change(data))
            status, seconds, _, text = self.run(["run", "m.json", "--quiet"], base)
            good = status == 0 and seconds < 10 and os.path.isdir(base + "/out") and self.tree(base + "/out") == reference
            name = f"journal/{name}"
            self.count(name, good)
            print(f"{'ok  ' if good else 'FAIL'} {name:68} status {status} {seconds:5.2f} s"
                  + ("" if good else f" {text[:300]!r}"), flush=True)

    def lock_cases(self):
        base = self.corpus.path("work", "x")[:-2]
        lock = base + "/m.lock.json"
        with open(lock, "rb") as file:
            data = file.read()
        for name, code, changed in [
            ("empty", "E_JSON_SYNTAX", b""), ("cut", "E_JSON_", data[:len(data) // 2]),
            ("deep", "E_JSON_DEPTH", DEEP.encode()), ("invalid-utf8", "E_JSON_UTF8", data[:5] + b"\xff" + data[5:]),
            ("an-array", "E_JSON_TYPE", b"[]"), ("version-2", "E_", data.replace(b'"cambium_lock": 1', b'"cambium_lock": 2')),
            ("version-nan", "E_JSON_", data.replace(b'"cambium_lock": 1', b'"cambium_lock": NaN')),
            ("unknown-field", "E_JSON_UNKNOWN_FIELD", data.replace(b"{", b'{"x": 1, ', 1)),
            ("key-twice", "E_JSON_DUPLICATE_KEY", data.replace(b"{", b'{"cambium_lock": 1, ', 1)),
            ("sizes-negative", "E_", re.sub(rb'"bytes": ', b'"bytes": -', data)),
            ("sizes-2-63", "E_", re.sub(rb'"bytes": \d+', b'"bytes": 9223372036854775808', data)),
            ("wide", "E_JSON_VALUES", b'{"files":' + WIDE.encode() + b"}"), ("of-100-megabytes", "E_FILE_LIMIT", 100_000_000),
        ]:
            self.corpus.write(changed, lock)
            self.judge(f"lock/{name}", code, ["run", "m.json", "--quiet", "--locked"], base)
        with open(lock, "wb") as file:
            file.write(data)

    def signature_cases(self):
        base = self.corpus.path("work", "x")[:-2]
        if not shutil.which("openssl"):
            print("signatures: not tried, openssl is not here")
            return
        key, public = base + "/key.pem", base + "/key.pub"
        subprocess.run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key], check=True)
        subprocess.run(["openssl", "ec", "-in", key, "-pubout", "-out", public], check=True, stderr=subprocess.DEVNULL)
        status, _, _, text = self.run(["sign", base + "/out", "--key", key])
        assert status == 0, text
        with open(base + "/out/model.sig", "rb") as file:
            data = file.read()
        for name, code, changed in [
            ("empty", "E_JSON_SYNTAX", b""), ("cut", "E_JSON_", data[:len(data) // 2]), ("an-array", "E_SIGNATURE_FORM", b"[]"),
            ("deep", "E_JSON_DEPTH", DEEP.encode()), ("invalid-utf8", "E_JSON_UTF8", data[:5] + b"\xff" + data[5:]),
            ("not-base64", "E_SIGNATURE_FORM", re.sub(rb'"payload":"..', b'"payload":"!!', data)),
            ("another-payload", "E_SIGNATURE", re.sub(rb'"payload":"[^"]*', b'"payload":"e30=', data)),
            ("no-signature", "E_SIGNATURE_FORM", re.sub(rb'"signatures":\[.*?\]', b'"signatures":[]', data)),
            ("signature-of-zeros", "E_SIGNATURE", re.sub(rb'"sig":"[^"]*', b'"sig":"' + b"A" * 96, data)),
            ("wide", "E_JSON_VALUES", b'{"x":' + WIDE.encode() + b"}"), ("of-100-megabytes", "E_FILE_LIMIT", 100_000_000),
        ]:
            self.corpus.write(changed, base + "/out/model.sig")
            self.judge(f"signature/{name}", code, ["verify", base + "/out", "--public-key", public])
        os.unlink(base + "/out/model.sig")

    def package_cases(self):
        base = self.corpus.path("work", "x")[:-2]
        for name, code, file, change in [
            ("sums-climb", "E_|status 2", "SHA256SUMS", lambda data: b"0" * 64 + b"  ../m.json\n" + data),
            ("sums-absolute", "E_|status 2", "SHA256SUMS", lambda data: b"0" * 64 + b"  /etc/passwd\n" + data),
            ("sums-binary", "E_|status 2", "SHA256SUMS", lambda data: bytes(range(256)) * 10),
            ("audit-empty", "E_", "audit.json", lambda data: b""),
            ("audit-deep", "E_JSON_DEPTH", "audit.json", lambda data: b"[" * 100_000),
            ("audit-huge-sizes", "E_", "audit.json",
             lambda data: re.sub(rb'"bytes": \d+', b'"bytes": 9223372036854775807', data)),
            ("audit-negative-sizes", "E_", "audit.json", lambda data: re.sub(rb'"bytes": ', b'"bytes": -', data)),
            ("audit-huge-shapes", "E_", "audit.json", lambda data: re.sub(rb'"shape": \[\s*\d+',
                                                                        b'"shape": [4611686018427387904, 4', data)),
            ("index-climbs", "E_|status 2", INDEX,
             lambda data: data.replace(b'"model.safetensors"', b'"../../etc/passwd"')),
            ("config-deep", "E_|status 2", "config.json", lambda data: b"[" * 100_000),
            ("weights-cut", "E_|status 2", "model.safetensors", lambda data: data[:1000]),
        ]:
            copy = self.corpus.path("package", name, "x")[:-2]
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(base + "/out", copy)
            with open(os.path.join(copy, file), "rb") as before:
                data = before.read()
            with open(os.path.join(copy, file), "wb") as after:
                after.write(change(data))
            self.judge(f"package/{name}: verify", code, ["verify", copy])
            if file == "audit.json":
                self.judge(f"package/{name}: audit", code, ["audit", copy, "--by", "layer"])
                self.judge(f"package/{name}: page", code, ["audit", copy, "--html", copy + "/page.html"])
            shutil.rmtree(copy)

    def archive_cases(self):
        base = self.corpus.path("work", "x")[:-2]
        archive = base + "/a.tar.zst"
        status, _, _, text = self.run(["package", base + "/out", "--archive", "--output", archive])
        assert status == 0, text
        with open(archive, "rb") as file:
            good = file.read()
        count = struct.unpack("<I", good[-9:-5])[0]
        cases = [("empty", b""), ("cut", good[:len(good) // 2]), ("one-byte-more", good + b"\0"),
                 ("one-bit", good[:1000] + bytes([good[1000] ^ 1]) + good[1001:]),
                 ("frames-2-32", good[:-9] + b"\xff\xff\xff\xff" + good[-5:]),
                 ("frame-of-4-GiB", good[:-9 - 8 * count + 4] + b"\xff\xff\xff\xff" + good[-9 - 8 * count + 8:]),
                 ("frame-of-8-MiB", good[:-9 - 8 * count + 4] + struct.pack("<I", 8 << 20) + good[-9 - 8 * count + 8:]),
                 ("not-zstd", b"\0" * 100_000)]
        for name, data in cases:
            with open(self.corpus.path("archive", name + ".tar.zst"), "wb") as file:
                file.write(data)
        names = [name for name, _ in cases]
        # A child's peak begins with what this process holds when it starts it.
        del cases, good, data
        for name in names:
            path = self.corpus.path("archive", name + ".tar.zst")
            self.judge(f"archive/{name}", "E_ARCHIVE_", ["unpack", path, "--output", path + ".out", "--threads", "2"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out")
    parser.add_argument("--cambium")
    options = parser.parse_args()
    corpus = Corpus(options.out)
    corpus.build()
    print(f"{len(corpus.cases)} cases in {corpus.out}")
    if options.cambium:
        runner = Runner(corpus, options.cambium)
        runner.corpus_cases()
        runner.work_cases()
        runner.journal_cases()
        runner.lock_cases()
        runner.signature_cases()
        runner.package_cases()
        runner.archive_cases()
        for kind, (passed, cases) in runner.counts.items():
            print(f"{kind:12} {passed} of {cases}")
        print(f"{sum(cases for _, cases in runner.counts.values())} cases, {runner.failed} failed; at most "
              f"{runner.largest / (1 << 20):.1f} MiB for what was refused")
        sys.exit(1 if runner.failed else 0)


if __name__ == "__main__":
    main()
