#!/usr/bin/env python3
"""Tries the placing of a package on file systems with reflinks: a conversion on a loop-mounted xfs and btrfs. Needs root.

The package must share its blocks with the work folder and no inode; whoever writes to the package must not change what
lies in the work folder, nor the next run what was moved away; and after both the package of the next run is the first
one's, byte for byte. Tools: losetup and mount, mkfs.xfs (xfsprogs), mkfs.btrfs (btrfs-progs), filefrag (e2fsprogs).
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from attack_room import BUILD, ROOT, expect, Wrong

MAKE = {"xfs": ["mkfs.xfs", "-q", "-m", "reflink=1"], "btrfs": ["mkfs.btrfs", "-q"]}


def system(*command):
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True).stdout


def is_shared(path):
    """Whether every extent of a file is shared with another file."""
    rows = [row for row in system("filefrag", "-v", path).splitlines() if row.strip()[:1].isdigit()]
    return bool(rows) and all("shared" in row for row in rows)


def content(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def inodes(folder):
    return {path.stat().st_ino for path in folder.rglob("*") if path.is_file()}


def try_kind(kind, mount, cambium):
    demo = ROOT / "manifests" / "demo"
    for name in ["trunk", "donor"]:
        shutil.copytree(demo / name, mount / name)
    (mount / "m.json").write_text(
        '{"cambium": 1, "source": "trunk", "donor": "donor", "pipeline": "mxfp4", "base_model": "cambium/demo",'
        ' "output": "out", "check": false}\n')
    environment = dict(os.environ, CAMBIUM_PIPELINES=str(ROOT / "pipelines"))

    def run():
        ended = subprocess.run([str(cambium), "run", "m.json", "--quiet"], cwd=mount, env=environment,
                               capture_output=True, text=True)
        expect(ended.returncode == 0, f"{kind}: run ended with {ended.returncode}: {ended.stderr}")

    run()
    os.sync()
    out, work = mount / "out", mount / "out.work"
    weights = sorted(out.glob("*.safetensors"))
    expect(weights, f"{kind}: no weights")
    shared = [path for path in weights if is_shared(path)]
    expect(not inodes(out) & inodes(work), f"{kind}: the package and the work folder share an inode")
    first, before = content(out), content(work)

    # The user writes to the package in place, every byte of every file.
    for path in sorted(out.rglob("*")):
        if path.is_file():
            with open(path, "r+b") as file:
                file.write(b"\xa5" * path.stat().st_size)
    expect(content(work) == before, f"{kind}: what was written to the package changed the work folder")
    out.rename(mount / "moved")
    mine = content(mount / "moved")
    run()
    expect(content(mount / "moved") == mine, f"{kind}: the next run changed the package that was moved away")
    expect(content(out) == first, f"{kind}: the package of the next run is another one")
    size = sum(path.stat().st_size for path in weights)
    return f"{kind}: {len(shared)} of {len(weights)} weight files share all their blocks ({size} bytes), no inode shared, nothing changed"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kinds", nargs="*", default=sorted(MAKE), help="xfs, btrfs (default: both)")
    parser.add_argument("--binaries", type=Path, default=BUILD)
    arguments = parser.parse_args()
    failed = 0
    for kind in arguments.kinds:
        with tempfile.TemporaryDirectory(prefix="cambium-reflinks-") as folder:
            image, mount = Path(folder) / "image", Path(folder) / "mount"
            mount.mkdir()
            with open(image, "wb") as file:
                file.truncate(512 << 20)
            system(*MAKE[kind], image)
            system("mount", "-o", "loop", image, mount)
            try:
                line = try_kind(kind, mount, arguments.binaries.resolve() / "cambium")
                print(line)
                failed += " of " in line and line.split()[1] != line.split()[3]
            except Wrong as wrong:
                print(f"WRONG {wrong}")
                failed += 1
            finally:
                system("umount", mount)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
