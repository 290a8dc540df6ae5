"""Loads what cambium made with the real MLX readers, and compares it with what the real MLX converters make.

Started by tools/interop, which prepares the Python packages. Prints one row for each check and ends with a status
other than 0 if any of them failed.
"""

import argparse
import contextlib
import io
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

import interop_heads
import interop_tiny
import interop_vllm

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
# Compiled graphs would need a C++ compiler at run time and save nothing here.
os.environ.setdefault("MLX_DISABLE_COMPILE", "1")

ROOT = Path(__file__).resolve().parent.parent
DEMO = ROOT / "manifests" / "demo"

PROMPTS = [
    "Write a Python function that adds two numbers.",
    "Tell me a short story about a dog.",
    "What is 12 + 30?",
    "Write a Python function that reverses a string.",
    "What is the capital of France?",
]

# Settings under which the stock converters are compared: name, mode, bits, group size.
SETTINGS = [
    ("mxfp4", "mxfp4", None, None),
    ("mxfp8", "mxfp8", None, None),
    ("affine 4 bit, group 64", "affine", 4, 64),
    ("affine 8 bit, group 64", "affine", 8, 64),
    ("affine 8 bit, group 32", "affine", 8, 32),
]


class Failed(Exception):
    """A check that says no; the text says why."""


class Table:
    def __init__(self):
        self.rows = []

    def check(self, name, work):
        """Runs one check. Its result is the text of its row; an exception is its failure."""
        start = time.monotonic()
        noise = io.StringIO()
        try:
            with contextlib.redirect_stdout(noise), contextlib.redirect_stderr(noise):
                said, good = work(), True
        except Failed as failure:
            said, good = str(failure), False
        except Exception as error:  # a reader that refuses the package is a result, not a crash of this program
            said, good = f"{type(error).__name__}: {error}", False
            traceback.print_exc(file=noise)
        seconds = time.monotonic() - start
        self.rows.append(good)
        print(f"{'ok  ' if good else 'FAIL'}  {name:<46} {seconds:5.1f} s  {said}", flush=True)
        if not good and noise.getvalue():
            print("      | " + "\n      | ".join(noise.getvalue().strip().splitlines()[-25:]), flush=True)

    def close(self):
        failed = self.rows.count(False)
        print(f"interop: {self.rows.count(True)} passed, {failed} failed", flush=True)
        return 1 if failed else 0


def run_cambium(binary, manifest):
    environment = {**os.environ, "CAMBIUM_PIPELINES": str(ROOT / "pipelines")}
    result = subprocess.run(
        [str(binary), "run", str(manifest)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
        check=False,
    )
    if result.returncode != 0:
        raise Failed(f"cambium run {manifest} ended with {result.returncode}:\n{result.stdout}")


def tensors(folder):
    """Every tensor of every safetensors file of a folder: name -> (dtype, shape, bytes). No library between."""
    found = {}
    for path in sorted(Path(folder).glob("*.safetensors")):
        data = path.read_bytes()
        (length,) = struct.unpack_from("<Q", data)
        header = json.loads(data[8 : 8 + length])
        header.pop("__metadata__", None)
        for name, entry in header.items():
            if name in found:
                raise Failed(f"{name} stands in two files of {folder}")
            begin, end = entry["data_offsets"]
            found[name] = (entry["dtype"], tuple(entry["shape"]), data[8 + length + begin : 8 + length + end])
    return found


def describe(tensor):
    return f"{tensor[0]} {list(tensor[1])}"


def compare(stock, ours, extras):
    """All of the stock tensors must be ours, byte for byte; ours may have more, under the given prefixes."""
    missing = sorted(stock.keys() - ours.keys())
    if missing:
        raise Failed(f"{len(missing)} tensors of the stock converter are missing, first {missing[0]}")
    for name in sorted(stock):
        theirs, own = stock[name], ours[name]
        if theirs[:2] != own[:2]:
            raise Failed(f"{name}: stock {describe(theirs)}, cambium {describe(own)}")
        if theirs[2] != own[2]:
            count = sum(a != b for a, b in zip(theirs[2], own[2]))
            raise Failed(f"{name}: {count} of {len(own[2])} bytes differ")
    more = {prefix: 0 for prefix in extras}
    for name in sorted(ours.keys() - stock.keys()):
        prefix = next((p for p in extras if name.startswith(p)), None)
        if prefix is None:
            raise Failed(f"{name} is in the package and not in the stock converter's output")
        more[prefix] += 1
    listed = ", ".join(f"{count} {prefix}*" for prefix, count in more.items())
    total = sum(len(t[2]) for t in stock.values())
    return f"{len(stock)} tensors, {total:,} bytes equal; besides {listed}"


# MARK: readers


def greedy_lm(package):
    """mlx-lm: loading is strict (no tensor missing, none unknown, all shapes right)."""
    import mlx.core as mx
    from mlx_lm import load
    from mlx_lm.generate import generate_step

    model, tokenizer = load(str(package))
    ids = tokenizer.apply_chat_template([{"role": "user", "content": PROMPTS[0]}], add_generation_prompt=True)
    out = [int(token) for token, _ in generate_step(mx.array(ids), model, max_tokens=40)]
    text = tokenizer.decode(out)
    if "def " not in text:
        raise Failed(f"no function in the answer: {text!r}")
    return f"{len(out)} tokens: {text[:48]!r}…"


class Vision:
    """mlx-vlm with the package loaded once for several checks."""

    def __init__(self, package):
        self.package = package
        self.loaded = None
        # The package is its own draft model.
        self.drafter = str(package)
        self.kind = "mtp"

    def load(self):
        if self.loaded is None:
            from mlx_vlm import load

            self.loaded = load(str(self.package))
        return self.loaded

    def text(self):
        from mlx_vlm import generate
        from mlx_vlm.prompt_utils import apply_chat_template

        model, processor = self.load()
        prompt = apply_chat_template(processor, model.config, PROMPTS[0], num_images=0)
        said = generate(model, processor, prompt, max_tokens=40, temperature=0.0, verbose=False).text
        if "def " not in said:
            raise Failed(f"no function in the answer: {said!r}")
        return repr(said[:48]) + "…"

    def captions(self):
        from mlx_vlm import generate
        from mlx_vlm.prompt_utils import apply_chat_template

        model, processor = self.load()
        rows = [json.loads(line) for line in (DEMO / "images" / "captions.jsonl").read_text().splitlines()]
        wrong = []
        for row in rows:
            prompt = apply_chat_template(processor, model.config, row["question"], num_images=1)
            image = [str(DEMO / "images" / row["file"])]
            said = generate(model, processor, prompt, image=image, max_tokens=40, temperature=0.0, verbose=False)
            if said.text.strip() != row["caption"]:
                wrong.append(f"{row['file']}: {said.text.strip()!r}, right is {row['caption']!r}")
        exact = len(rows) - len(wrong)
        text = f"{exact} of {len(rows)} captions exact" + ("" if not wrong else f" ({'; '.join(wrong)})")
        if exact < len(rows) - 1:
            raise Failed(text)
        return text

    def speculative(self):
        """Plain and drafted decoding. In float32 the drafted tokens must be the plain ones. As stored, in bf16,
        two logits are often equal or neighbours, and how many rows a pass of the reader has then decides between them:
        there the first difference, if any, must lie at such a near tie."""
        import mlx.core as mx
        from mlx_vlm import load
        from mlx_vlm.speculative.drafters import load_drafter

        model, processor = load(str(self.package))
        drafter, kind = load_drafter(self.drafter)
        if kind != self.kind:
            raise Failed(f"{self.drafter} is taken for a draft model of kind {kind}, not {self.kind}")
        ties = []
        for question in PROMPTS:
            prompt, plain, ours = self.decode_twice(model, processor, drafter, kind, question)
            if plain != ours:
                ties.append(self.gap_at_difference(model, processor, prompt, plain, ours))
        if any(gap > 0.5 for gap in ties):
            raise Failed(f"as stored, tokens differ where the logits are {max(ties):.3f} apart")
        model.set_dtype(mx.float32)
        drafter.set_dtype(mx.float32)
        tokens = accepted = drafted = 0
        for question in PROMPTS:
            _, plain, ours = self.decode_twice(model, processor, drafter, kind, question)
            if plain != ours:
                place = next((i for i, (a, b) in enumerate(zip(plain, ours)) if a != b), min(len(plain), len(ours)))
                raise Failed(f"{question!r}: tokens differ from number {place} on: {plain} against {ours}")
            tokens += len(plain)
            accepted += sum(drafter.accept_lens)
            drafted += sum(drafter.draft_lens)
        if not accepted:
            raise Failed(f"none of {drafted} drafts was accepted")
        stored = f"as stored {len(PROMPTS) - len(ties)} of {len(PROMPTS)} answers equal"
        if ties:
            stored += f", the rest part at logits at most {max(ties):.3f} apart"
        share = accepted / drafted
        return (
            f"float32: {tokens} tokens of {len(PROMPTS)} answers equal; {accepted:.0f} of {drafted} drafts accepted "
            f"({share:.1%}); {stored}"
        )

    @staticmethod
    def decode_twice(model, processor, drafter, kind, question):
        from mlx_vlm import stream_generate
        from mlx_vlm.prompt_utils import apply_chat_template

        prompt = apply_chat_template(processor, model.config, question, num_images=0)
        settings = {"max_tokens": 48, "temperature": 0.0}
        plain = [r.token for r in stream_generate(model, processor, prompt, **settings)]
        drafts = {"draft_model": drafter, "draft_kind": kind}
        ours = [r.token for r in stream_generate(model, processor, prompt, **drafts, **settings)]
        return prompt, plain, ours

    @staticmethod
    def gap_at_difference(model, processor, prompt, plain, ours):
        """How far apart the logits of the two tokens are at the first place where the answers differ."""
        import mlx.core as mx

        place = next((i for i, (a, b) in enumerate(zip(plain, ours)) if a != b), None)
        if place is None:
            raise Failed("one answer is a part of the other")
        tokenizer = getattr(processor, "tokenizer", processor)
        ids = tokenizer.encode(prompt, add_special_tokens=False) + plain[:place]
        logits = model(mx.array([ids])).logits[0, -1].astype(mx.float32)
        return abs((logits[plain[place]] - logits[ours[place]]).item())


def head_like_stock(package):
    """mlx-vlm's own splitter, given the donor, must arrive at the head that the package carries."""
    import mlx.core as mx
    from mlx_vlm.speculative.drafters.mtp_split import get_mtp_splitter

    config = json.loads((DEMO / "donor" / "config.json").read_text())
    splitter = get_mtp_splitter(source_config=config)
    _, weights = splitter.prepare(DEMO / "donor", source_config=config)
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder) / "head.safetensors")
        mx.save_safetensors(file, {f"mtp.{name}": value for name, value in weights.items()})
        stock = tensors(folder)
    ours = {name: value for name, value in tensors(package).items() if name.startswith("mtp.")}
    return compare(stock, ours, ["-"]).split(";")[0]


# MARK: a drafter with weights of its own


def packed_drafter(binary, folder):
    """The demo with its DFlash drafter in the package: mlx-vlm's drafts, and its plain tokens in float32."""
    package, manifest = folder / "drafted", folder / "drafted.json"
    manifest.write_text(
        json.dumps(
            {
                "cambium": 1,
                "source": str(DEMO / "trunk"),
                "donor": str(DEMO / "donor"),
                "drafter": str(ROOT / "Tests/InferenceTests/Fixtures/drafters/demo-dflash"),
                "pipeline": "mxfp4",
                "output": str(package),
            }
        )
    )
    run_cambium(binary, manifest)
    vision = Vision(package)
    vision.drafter, vision.kind = str(package / "drafter"), "dflash"
    return vision.speculative()


# MARK: a head for a model that the stock converter made


class Grafted:
    """A trunk converted by mlx-lm itself, with the donor's head grafted on by the pipeline graft-only."""

    def __init__(self, binary, folder, source=DEMO / "trunk", donor=DEMO / "donor"):
        self.binary = binary
        self.folder = folder
        self.source = source
        self.donor = donor
        self.stock = folder / "stock"
        self.package = folder / "grafted"

    def trunk_unchanged(self):
        stock_lm(self.stock, "affine", 4, 64, self.source)
        manifest = self.folder / "graft.json"
        manifest.write_text(
            json.dumps(
                {
                    "cambium": 1,
                    "source": str(self.stock),
                    "donor": str(self.donor),
                    "pipeline": "graft-only",
                    "layouts": ["sidecar", "drafter"],
                    "readers": ["mlx-lm>=0.32", "mlx-vlm>=0.7.8"],
                    "output": str(self.package),
                }
            )
        )
        run_cambium(self.binary, manifest)
        files = [f for f in sorted(self.stock.iterdir()) if f.name not in ("config.json", "README.md")]
        for file in files:
            if file.read_bytes() != (self.package / file.name).read_bytes():
                raise Failed(f"{file.name} is not what mlx-lm wrote")
        return f"{len(files)} files equal, byte for byte: {', '.join(f.name for f in files)}"

    def speculative(self, beside):
        vision = Vision(self.package)
        vision.drafter = str(self.package) + ("-mtp" if beside else "")
        return vision.speculative()


    def drafts_as_far_as_known(self):
        """mlx-vlm drafts with the grafted head. With a trunk of Qwen3-Next it loads the head and cannot decode with it:
        up to 0.7.10 that trunk gives no hidden states. Should it do so one day, this says so, and the page Heads and
        the matrix are to be corrected."""
        if json.loads((self.package / "config.json").read_text())["model_type"] != "qwen3_next":
            return self.speculative(False)
        from mlx_vlm import load
        from mlx_vlm.speculative.drafters import load_drafter

        model, processor = load(str(self.package))
        drafter, kind = load_drafter(str(self.package))
        if kind != "mtp":
            raise Failed(f"the package is taken for a draft model of kind {kind}, not mtp")
        try:
            Vision.decode_twice(model, processor, drafter, kind, PROMPTS[0])
        except TypeError as error:
            return f"loads the head; decoding with it ends with TypeError: {str(error)[:100]}"
        raise Failed("it decodes with a head of Qwen3-Next: say so on the page Heads and in the matrix")


class Signed:
    """A package signed by `cambium sign`, given to the programs of OpenSSF Model Signing and in-toto."""

    def __init__(self, binary, package, folder):
        self.binary = binary
        self.package = folder / "signed"
        shutil.copytree(package, self.package)
        self.key, self.public = folder / "key.pem", folder / "key.pub"
        subprocess.run(
            ["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", self.key], check=True)
        subprocess.run(["openssl", "ec", "-in", self.key, "-pubout", "-out", self.public],
                       check=True, capture_output=True)
        subprocess.run([str(binary), "sign", str(self.package), "--key", str(self.key)], check=True, capture_output=True)

    def theirs(self):
        """What their verifier says; raises when it refuses."""
        from model_signing import verifying

        signature = self.package / "model.sig"
        verifying.Config().use_elliptic_key_verifier(public_key=self.public).verify(self.package, signature)

    def accepted(self):
        self.theirs()
        ours = subprocess.run(
            [str(self.binary), "verify", str(self.package), "--public-key", str(self.public)], capture_output=True,
            text=True, check=False)
        if ours.returncode != 0:
            raise Failed(f"cambium verify: {ours.stdout}")
        return "model_signing and cambium verify accept it"

    def refused(self):
        """After one byte changed, anywhere."""
        for name in ["model.safetensors", "config.json", "SHA256SUMS"]:
            path = self.package / name
            before = path.read_bytes()
            path.write_bytes(before[:-3] + bytes([before[-3] ^ 1]) + before[-2:])
            try:
                self.theirs()
            except Exception:  # noqa: BLE001 - whatever it says, it must not accept
                pass
            else:
                raise Failed(f"model_signing accepts a changed {name}")
            ours = subprocess.run(
                [str(self.binary), "verify", str(self.package), "--public-key", str(self.public)],
                capture_output=True, check=False)
            if ours.returncode == 0:
                raise Failed(f"cambium verify accepts a changed {name}")
            path.write_bytes(before)
        self.theirs()
        return "one byte of weights, configuration or sums changed: both refuse"

    def statement(self):
        """`provenance.json` through the protobufs of in-toto, with every subject's digest held against the file."""
        import hashlib

        from google.protobuf import json_format
        from in_toto_attestation.predicates.provenance.v1 import provenance_pb2
        from in_toto_attestation.v1 import statement_pb2
        from in_toto_attestation.v1.statement import Statement

        text = (self.package / "provenance.json").read_text()
        message = json_format.Parse(text, statement_pb2.Statement())
        Statement.copy_from_pb(message).validate()
        predicate = json_format.ParseDict(json.loads(text)["predicate"], provenance_pb2.Provenance())
        for subject in message.subject:
            if hashlib.sha256((self.package / subject.name).read_bytes()).hexdigest() != subject.digest["sha256"]:
                raise Failed(f"{subject.name} is not what the statement says")
        count = len(predicate.build_definition.resolved_dependencies)
        return f"{len(message.subject)} subjects, {count} dependencies, {predicate.build_definition.build_type}"

    def statement_refused(self):
        """After one byte changed in a subject, in a digest of the statement, or in its form."""
        def changed(name, change):
            path = self.package / name
            before = path.read_bytes()
            path.write_bytes(change(before))
            try:
                self.statement()
            except Exception:  # noqa: BLE001 - whatever it says, it must not accept
                return
            finally:
                path.write_bytes(before)
            raise Failed(f"a changed {name} is accepted")

        def flipped(at):
            return lambda data: data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]

        statement = (self.package / "provenance.json").read_bytes()
        digest = statement.index(b'"sha256": "', statement.index(b'"subject"')) + len(b'"sha256": "')
        changed("config.json", flipped(-3))
        changed("model.safetensors", flipped(100_000))
        # Another digit, so that it stays a digest.
        changed("provenance.json", flipped(digest + 5))
        changed("provenance.json", flipped(statement.index(b"_type")))
        changed("provenance.json", lambda data: data[:-3])
        self.statement()
        return "a byte of two subjects, a digest, a field, the end: each refused"


# MARK: converters


def stock_lm(output, mode, bits, group, source=DEMO / "trunk"):
    from mlx_lm import convert

    convert(str(source), mlx_path=str(output), quantize=True, q_mode=mode, q_bits=bits, q_group_size=group)


def stock_vlm(output, mode, bits, group):
    from mlx_vlm.convert import convert

    convert(str(DEMO / "trunk"), mlx_path=str(output), quantize=True, q_mode=mode, q_bits=bits, q_group_size=group)


def identity(table, binary, folder, number, setting):
    """One package made with the pipeline `stock`, against both stock converters under the same settings."""
    name, mode, bits, group = setting
    place = folder / str(number)
    place.mkdir()
    quantization = {"mode": mode, "reference": "cpu"}
    if bits:
        quantization |= {"bits": bits, "group_size": group}
    manifest = place / "stock.json"
    manifest.write_text(
        json.dumps(
            {
                "cambium": 1,
                "source": str(DEMO / "trunk"),
                "donor": str(DEMO / "donor"),
                "pipeline": "stock",
                "quantization": quantization,
                "base_model": "cambium/demo",
                "output": "package",
            },
            indent=2,
        )
    )
    ours = {}

    def against(convert, reader, extras):
        if not ours:
            run_cambium(binary, manifest)
            ours.update(tensors(place / "package"))
        convert(place / reader, mode, bits, group)
        return compare(tensors(place / reader), ours, extras)

    table.check(f"mlx_lm.convert, {name}", lambda: against(stock_lm, "lm", ["mtp.", "vision_tower."]))
    table.check(f"mlx_vlm.convert, {name}", lambda: against(stock_vlm, "vlm", ["mtp."]))
    shutil.rmtree(place)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cambium", type=Path, default=ROOT / ".build" / "release" / "cambium")
    parser.add_argument("--manifest", type=Path, default=ROOT / "manifests" / "demo.json")
    parser.add_argument("--skip-identity", action="store_true", help="leave out the stock converters")
    parser.add_argument("--skip-tiny", action="store_true", help="leave out the tiny checkpoints")
    parser.add_argument("--skip-heads", action="store_true", help="leave out heads in every place")
    parser.add_argument("--skip-signature", action="store_true", help="leave out signature and provenance")
    parser.add_argument("--moe", type=Path, help="a Qwen3-Next checkpoint with head, small, trained: converted by mlx-lm and grafted too")
    parser.add_argument("--older", type=Path, help="folder for older releases of the readers, which are then asked too")
    options = parser.parse_args()

    package = (options.manifest.parent / json.loads(options.manifest.read_text())["output"]).resolve()
    try:
        # Does nothing when the package is there and up to date.
        run_cambium(options.cambium, options.manifest.resolve())
    except Failed as failure:
        print(failure, file=sys.stderr)
        return 1
    print(f"package: {package}")

    table = Table()
    table.check("mlx-lm loads it (strict) and generates", lambda: greedy_lm(package))
    vision = Vision(package)
    table.check("mlx-vlm loads it and generates", vision.text)
    table.check("mlx-vlm captions pictures", vision.captions)
    table.check("mlx-vlm drafts with the package's own head", vision.speculative)
    table.check("head equals mlx-vlm's own split of the donor", lambda: head_like_stock(package))
    if not options.skip_identity:
        with tempfile.TemporaryDirectory(prefix="cambium-interop-") as folder:
            for number, setting in enumerate(SETTINGS):
                identity(table, options.cambium.resolve(), Path(folder), number, setting)
    if not options.skip_tiny:
        with tempfile.TemporaryDirectory(prefix="cambium-interop-") as folder:
            convert = lambda manifest: run_cambium(options.cambium.resolve(), manifest)
            interop_tiny.checks(table, Path(folder), convert, tensors, Failed)
    if not options.skip_signature:
        with tempfile.TemporaryDirectory(prefix="cambium-interop-") as folder:
            signed = Signed(options.cambium.resolve(), package, Path(folder))
            table.check("model_signing accepts what cambium signed", signed.accepted)
            table.check("model_signing refuses it changed", signed.refused)
            table.check("in-toto reads the provenance", signed.statement)
            table.check("in-toto refuses it changed", signed.statement_refused)
    if options.moe:
        with tempfile.TemporaryDirectory(prefix="cambium-interop-") as folder:
            moe = options.moe.resolve()
            grafted = Grafted(options.cambium.resolve(), Path(folder), moe, moe)
            table.check(f"{moe.name}: graft-only keeps what mlx_lm.convert wrote", grafted.trunk_unchanged)
            table.check(f"{moe.name}: mlx-lm loads the grafted model (strict)", lambda: greedy_lm(grafted.package))
            table.check(f"{moe.name}: mlx-vlm loads it with head", grafted.drafts_as_far_as_known)
    if not options.skip_heads:
        with tempfile.TemporaryDirectory(prefix="cambium-interop-") as folder:
            grafted = Grafted(options.cambium.resolve(), Path(folder))
            table.check("graft-only keeps what mlx_lm.convert wrote", grafted.trunk_unchanged)
            table.check("mlx-lm loads the grafted model (strict)", lambda: greedy_lm(grafted.package))
            table.check("mlx-vlm drafts with the grafted head", lambda: grafted.speculative(False))
            table.check("mlx-vlm drafts with the folder beside", lambda: grafted.speculative(True))
            packed = lambda: packed_drafter(options.cambium.resolve(), Path(folder))
            table.check("mlx-vlm drafts with the DFlash folder of a package", packed)
        with tempfile.TemporaryDirectory(prefix="cambium-interop-") as folder:
            convert = lambda manifest: run_cambium(options.cambium.resolve(), manifest)
            laid = interop_vllm.checks(table, Path(folder), package, convert, Failed)
            table.check("mlx-vlm loads the trunk beside mtp/", Vision(laid).text)
        with tempfile.TemporaryDirectory(prefix="cambium-interop-") as folder:
            interop_heads.checks(table, Path(folder), options.cambium.resolve(), Failed, options.older)
    return table.close()


if __name__ == "__main__":
    sys.exit(main())
