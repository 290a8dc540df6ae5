#!/usr/bin/env python3
"""Packs releases of stand-ins with tools/release and looks at them: what `tools/release --self-test` does.

The programs are scripts that answer what packing asks; the packages have licences of their own. Two clones in folders with names of
other lengths, by another mask and with other times, must give the same bytes; what a release must not have must end it.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = r"""#!/bin/sh
case "$*" in
  --version) echo "NAME 9.8.7 (commit 0123456789012345678901234567890123456789)" ;;
  --experimental-dump-help) echo '{"command": {"abstract": "Stands in.", "subcommands": [{"commandName": "do", "abstract": "Does."}]}}' ;;
  --generate-completion-script*) echo "complete NAME" ;;
  *) printf 'OVERVIEW: Stands in.\n\nUSAGE: NAME\n' ;;
esac
"""
APACHE = "Apache License\nVersion 2.0, January 2004\n"
MIT = "Permission is hereby granted, free of charge, to any person\n"
PINS = {"swift-one": ("1.2.3", APACHE), "two.c": (None, MIT)}


def clone(folder):
    """What packing needs of a clone."""
    for name in ("tools", "pipelines", "manifests"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("demo", "__pycache__", "attack", "fuzz"))
    shutil.copyfile(ROOT / "LICENSE", folder / "LICENSE")
    built = folder / "built"
    built.mkdir()
    for name in ("cambium", "verify-runner"):
        (built / name).write_text(PROGRAM.replace("NAME", name))
        (built / name).chmod(0o755)
    pins = []
    for identity, (version, licence) in PINS.items():
        checkout = folder / "checkouts" / identity
        (checkout / "Sources/inner").mkdir(parents=True)
        (checkout / "LICENSE.txt").write_text(licence)
        (checkout / "Sources/inner/LICENSE").write_text(MIT)
        pins.append({"identity": identity, "kind": "remoteSourceControl", "location": f"https://example.org/org/{identity}.git",
                     "state": {"revision": "f" * 40, **({"version": version} if version else {})}})
    (folder / "Package.resolved").write_text(json.dumps({"version": 3, "pins": pins}))
    return folder


def pack(folder, mask=0o022):
    return subprocess.run(
        [folder / "tools/release", "--programs", folder / "built", "--checkouts", folder / "checkouts", "--output", folder / "out"],
        capture_output=True, text=True, umask=mask, check=False)


def digests(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted((folder / "out").iterdir())}


def same_bytes(room):
    """Two clones give the same bytes; and what is in them."""
    one, other = clone(room / "a"), clone(room / "another/and a longer one")
    for number, path in enumerate(sorted(other.rglob("*"))):
        os.utime(path, (1_000_000_000 + number, 1_000_000_000 + number))
    for folder, mask in ((one, 0o022), (other, 0o077)):
        done = pack(folder, mask)
        assert done.returncode == 0, done.stdout + done.stderr
    assert digests(one) == digests(other), (digests(one), digests(other))
    assert len(digests(one)) == 3, digests(one)
    archive = next((one / "out").glob("*.tar.gz"))
    with tarfile.open(archive) as tar:
        members = tar.getmembers()
        texts = {member.name.split("/", 1)[1]: tar.extractfile(member).read() for member in members if member.isfile()}
    names = [member.name for member in members]
    assert names == sorted(names, key=lambda name: name.split("/")), names
    assert all(m.mtime == 0 and m.uid == m.gid == 0 and not m.uname and not m.gname for m in members)
    assert all(m.mode == (0o755 if m.isdir() or "/bin/" in m.name else 0o644) for m in members), [(m.name, oct(m.mode)) for m in members]
    for name in ("bin/cambium", "bin/verify-runner", "share/man/man1/cambium-do.1", "share/cambium/pipelines/mxfp4.json",
                 "share/bash-completion/completions/cambium", "share/cambium/LICENSE", "share/cambium/Package.resolved",
                 "share/cambium/licences/swift-one/LICENSE.txt", "share/cambium/licences/two.c/Sources/inner/LICENSE",
                 "share/cambium/licences/unicode/Unicode-3.0.txt", "share/cambium/pipelines/text/measure.txt",
                 "share/cambium/schemas/cambium_run.schema.json"):
        assert name in texts, name
    for name, text in texts.items():
        assert str(room).encode() not in text and os.uname().nodename.encode() not in text, name
    bill = json.loads(texts["share/cambium/sbom.cdx.json"])
    assert texts["share/cambium/sbom.cdx.json"] == next((one / "out").glob("*.cdx.json")).read_bytes()
    parts = {part["name"]: part for part in bill["components"]}
    assert parts["swift-one"]["purl"] == "pkg:swift/example.org/org/swift-one@1.2.3"
    assert parts["swift-one"]["licenses"] == [{"expression": "Apache-2.0 AND MIT"}]
    assert parts["two.c"]["version"] == "f" * 40 and parts["two.c"]["licenses"] == [{"expression": "MIT"}]
    assert "swift" in parts and all(part["licenses"] for part in parts.values())
    references = [part["bom-ref"] for part in bill["components"]]
    assert len(references) == len(set(references)) and bill["dependencies"][0]["dependsOn"] == sorted(references)
    product = bill["metadata"]["component"]
    assert product["version"] == "9.8.7" and "timestamp" not in bill["metadata"] and "serialNumber" not in bill
    for file in product["components"]:
        assert file["hashes"][0]["content"] == hashlib.sha256(texts[file["name"]]).hexdigest(), file


def refused(room, word, damage):
    folder = clone(room)
    damage(folder)
    done = pack(folder)
    assert done.returncode == 1 and word in done.stderr, (done.returncode, done.stderr)
    assert not any((folder / "out").iterdir()), "something was written"


def named_folder(folder):
    with (folder / "built/cambium").open("a") as file:
        file.write(f"# {folder}/Sources/x.c\n")


def odd_licence(folder):
    (folder / "checkouts/two.c/LICENSE.txt").write_text("Ask your mother.\n")


def no_runner(folder):
    (folder / "built/verify-runner").unlink()


def main():
    with tempfile.TemporaryDirectory() as text:
        room = Path(text).resolve()
        same_bytes(room / "same")
        refused(room / "named", "names the folder", named_folder)
        refused(room / "odd", "two.c: no licence that is known", odd_licence)
        refused(room / "none", "there is no", no_runner)
    print("two clones give the same bytes; three that must not be released are refused")
    return 0


if __name__ == "__main__":
    sys.exit(main())
