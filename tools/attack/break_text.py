"""Control characters in names and texts from files, which must not reach a terminal. For break_cases.py."""

import json
import re
import struct

from attack_room import expect

EVIL = "\x1b]0;owned\x07\x1b[2J\u202e\x9b31m\r"


def shows(outcome, what):
    data = outcome.out + outcome.err
    for control in (b"\x1b", b"\x07", b"\r", b"\xc2\x9b", b"\xe2\x80\xae"):
        expect(control not in data, f"{what}: {control!r} reaches the terminal")


def control_in_tensor_names(room):
    """D control characters in tensor names reach no terminal"""
    room.checkpoint()
    path = sorted((room / "source").glob("*.safetensors"))[0]
    data = path.read_bytes()
    size = int.from_bytes(data[:8], "little")
    head = json.loads(data[8:8 + size])
    name = next(key for key in head if key != "__metadata__")
    head[name + EVIL] = head.pop(name)
    text = json.dumps(head, separators=(",", ":")).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data[8 + size:])
    room.manifest()
    for command in (("inspect", "source"), ("plan", "m.json", "--tensors"), ("run", "m.json"), ("diff", "source", "source"),
                    ("init", "source", "--dry-run")):
        shows(room.cambium(*command), command[0])
    shows(room.runner("generate", "source", "--prompt", "a"), "generate")


def control_in_file_names(room):
    """D control characters in file names of source and package reach no terminal"""
    room.package()
    for folder in ("source", "o"):
        (room / folder / ("LICENSE" + EVIL.replace("/", ""))).write_text("x")
    room.manifest("again.json", output="again")
    for command in (("inspect", "source"), ("plan", "again.json", "--tensors"), ("run", "again.json"), ("verify", "o"),
                    ("verify", "again"), ("diff", "o", "source"), ("package", "o", "--archive"), ("audit", "o")):
        shows(room.cambium(*command), command[0])


def control_in_config(room):
    """D control characters in configs, audits, sums and manifests reach no terminal"""
    room.package()
    for name in ("config.json", "audit.json", "provenance.json", "model.safetensors.index.json", "tokenizer_config.json",
                 "generation_config.json"):
        path = room / "o" / name
        text = path.read_text()
        strings = [found.span(1) for found in re.finditer(r'"((?:[^"\\]|\\.)+)"', text)]
        for begin, end in strings[::max(1, len(strings) // 12)]:
            path.write_text(text[:begin] + text[begin:end] + json.dumps(EVIL)[1:-1] + text[end:])
            for command in (("verify", "o"), ("audit", "o"), ("inspect", "o")):
                shows(room.cambium(*command), f"{name} {text[begin:end][:30]}: {command[0]}")
        path.write_text(text)
    sums = room / "o" / "SHA256SUMS"
    sums.write_text(sums.read_text() + f"{'0' * 64}  x{EVIL.replace(chr(13), '')}\n")
    shows(room.cambium("verify", "o"), "SHA256SUMS: verify")
    shows(room.cambium("package", "o", "--archive"), "SHA256SUMS: package")


def control_in_generated_text(room):
    """D what a template raises reaches no terminal with its control characters"""
    room.checkpoint()
    (room / "source" / "chat_template.jinja").write_text("{{ raise_exception('\\u001b[2J\\u0007') }}")
    shows(room.runner("generate", "source", "--chat", "x", "--limit", "1"), "generate")
    (room / "source" / "chat_template.jinja").write_text("{{ x.\x1b[2J }}")
    shows(room.runner("generate", "source", "--chat", "x", "--limit", "1"), "generate")


CASES = [control_in_tensor_names, control_in_file_names, control_in_config, control_in_generated_text]
ON_DISK = set()
