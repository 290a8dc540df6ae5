#!/usr/bin/env python3
"""Puts the licences of all parts and the bill of materials into what tools/release packs.

    tools/release_parts.py --programs FOLDER --stage FOLDER --resolved Package.resolved --checkouts FOLDER

The Swift packages are those of Package.resolved, their licences lie in their checkouts. The system's libraries are those that the
programs are linked with, as readelf says, and the one that is opened while they run; their versions are the system's packages'.
A part whose licence is not known ends it. The bill is CycloneDX 1.6 without a time and a serial number: the same parts give the
same bytes.
"""

import argparse
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import urllib.parse
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = ["cambium", "verify-runner"]

# What the system's libraries are under, by the beginning of their file's name.
LIBRARIES = {
    "ld-linux": "LGPL-2.1-or-later",
    "libc.so": "LGPL-2.1-or-later",
    "libm.so": "LGPL-2.1-or-later",
    "libdl.so": "LGPL-2.1-or-later",
    "libpthread.so": "LGPL-2.1-or-later",
    "librt.so": "LGPL-2.1-or-later",
    "libutil.so": "LGPL-2.1-or-later",
    "libgcc_s.so": "GPL-3.0-or-later WITH GCC-exception-3.1",
    "libstdc++.so": "GPL-3.0-or-later WITH GCC-exception-3.1",
    "libcurl": "curl",
    "libjpeg.so": "IJG AND BSD-3-Clause",
    "libopenblas": "BSD-3-Clause",
    "libpng16.so": "libpng-2.0",
    "libxxhash.so": "BSD-2-Clause",
    "libz.so": "Zlib",
    "libzstd.so": "BSD-3-Clause",
}
# The runtime: in the programs of a release, beside them in other builds.
RUNTIME = re.compile(r"lib(swift|_?Foundation|dispatch\.so|BlocksRuntime\.so|_Foundation)")
# Opened while they run, where it is there.
OPENED = "libopenblas.so.0"


class PartError(Exception):
    pass


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, env=dict(os.environ, LC_ALL="C"), check=False)
    return done.stdout if done.returncode == 0 else ""


def needed(program):
    """The names of the libraries that a program is linked with."""
    return re.findall(r"\(NEEDED\).*\[(.+)\]", run("readelf", "-d", str(program)))


def places(program):
    """Where the loader finds them."""
    return dict(re.findall(r"^\s*(\S+) => (/\S+)", run("ldd", str(program)), re.M))


def owner(path):
    """Name and version of the system's package that has a file; None where dpkg knows of none."""
    real = os.path.realpath(path)
    # The package may know it under / or under /usr: on most systems these are the same folder.
    for name in dict.fromkeys([real, path, real.removeprefix("/usr"), "/usr" + real]):
        found = re.match(r"(\S+?)(?::\S+)?: ", run("dpkg-query", "--search", name))
        if found:
            version = run("dpkg-query", "--show", "-f=${Version}\n", found[1]).split("\n")[0]
            return (found[1], version) if version else None
    return None


def system():
    """What the system calls itself: of /etc/os-release, its name and its version."""
    try:
        text = Path("/etc/os-release").read_text()
    except OSError:
        return "linux", ""
    values = dict(re.findall(r'^(\w+)="?([^"\n]*)"?$', text, re.M))
    return values.get("ID", "linux"), values.get("VERSION_ID", "")


def licence_of(text):
    """The SPDX expression of a licence's text; None for one that is not known here."""
    words = " ".join(text.split())
    if "Apache License" in words and "Version 2.0" in words:
        return "Apache-2.0 WITH Swift-exception" if "Runtime Library Exception" in words else "Apache-2.0"
    if "Permission is hereby granted, free of charge" in words:
        return "MIT"
    if "Redistribution and use in source and binary forms" in words:
        return "BSD-3-Clause" if "Neither the name" in words else "BSD-2-Clause"
    return None


def component(kind, name, version, licence, reference, **more):
    return {"type": kind, "bom-ref": reference, "name": name, **({"version": version} if version else {}),
            "licenses": [{"expression": licence}], **more}


def packages(resolved, checkouts, licences):
    """The Swift packages of Package.resolved; their licences and notices are copied."""
    try:
        document = json.loads(Path(resolved).read_text())
        pins = document["pins"] if document["version"] in (2, 3) else None
    except (OSError, ValueError, KeyError) as error:
        raise PartError(f"{resolved} is no list of resolved packages: {error}") from error
    if pins is None:
        raise PartError(f"{resolved} has a form that is not known: version {document['version']}")
    for pin in sorted(pins, key=lambda pin: pin["identity"]):
        name, state = pin["identity"], pin["state"]
        folder = Path(checkouts) / re.sub(r"\.git$", "", pin["location"].rstrip("/").split("/")[-1])
        texts = sorted(
            path for path in folder.rglob("*") if re.match(r"(LICEN[CS]E|NOTICE|COPYING)(\.(txt|md))?$", path.name)
            and not {"Tests", "scripts", "dev", ".git", "Benchmarks", "Examples"} & set(path.relative_to(folder).parts))
        own = [path for path in texts if path.parent == folder and not path.name.startswith("NOTICE")]
        licence = licence_of(own[0].read_text(encoding="utf-8")) if own else None
        if licence is None:
            raise PartError(f"{name}: no licence that is known in {folder}")
        # What a package brings along from elsewhere has a text of its own.
        inner = {licence_of(path.read_text(encoding="utf-8")) for path in texts if path.parent != folder and path.name[:1] != "N"}
        if None in inner:
            raise PartError(f"{name}: a part of it has a licence that is not known here")
        licence = " AND ".join([licence, *sorted(inner - {licence})])
        for path in texts:
            target = licences / name / path.relative_to(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        address = re.sub(r"\.git$", "", pin["location"])
        version = state.get("version", state["revision"])
        purl = "pkg:swift/" + address.split("://", 1)[-1] + "@" + urllib.parse.quote(version, safe="")
        yield component(
            "library", name, version, licence, purl, purl=purl,
            externalReferences=[{"type": "vcs", "url": pin["location"]}],
            properties=[{"name": "cambium:revision", "value": state["revision"]}])


def libraries(programs, licences):
    """The system's libraries, and whether the runtime is among them."""
    wanted, found, isRuntime = {}, {}, False
    for program in programs:
        for name in needed(program):
            if RUNTIME.match(name):
                isRuntime = True
            else:
                wanted[name] = None
        found |= places(program)
    cache = re.search(rf"^\s*{re.escape(OPENED)} .*=> (\S+)$", run("ldconfig", "-p") or run("/sbin/ldconfig", "-p"), re.M)
    wanted[OPENED] = "optional"
    if cache:
        found[OPENED] = cache[1]
    distribution, release = system()
    parts = {}
    for name in sorted(wanted):
        licence = next((text for stem, text in LIBRARIES.items() if name.startswith(stem)), None)
        if licence is None:
            raise PartError(f"{name}: its licence is not known; it belongs into LIBRARIES of tools/release_parts.py")
        package = owner(found[name]) if name in found else None
        more = {"scope": "optional"} if wanted[name] else {"scope": "required"}
        if package:
            architecture = run("dpkg", "--print-architecture").strip()
            purl = (f"pkg:deb/{distribution}/{urllib.parse.quote(package[0], safe='')}@{urllib.parse.quote(package[1], safe='')}"
                    f"?arch={architecture}&distro={distribution}-{release}")
            text = Path("/usr/share/doc") / package[0] / "copyright"
            if text.exists():
                target = licences / package[0] / "copyright"
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(text, target)
            more["purl"] = purl
        else:
            purl = f"library:{name}"
        properties = [{"name": "cambium:linked", "value": "at run time" if wanted[name] else "dynamically"}]
        known = parts.setdefault(
            purl, component("library", package[0] if package else name, package[1] if package else "", licence, purl, **more,
                            properties=properties))
        known["properties"].append({"name": "cambium:library", "value": name})
    return [parts[key] for key in sorted(parts)], isRuntime


def runtime(licences):
    """The Swift runtime with Foundation, whose tables are data of Unicode."""
    swift = shutil.which("swift")
    version = re.search(r"Swift version ([0-9.]*[0-9])", run("swift", "--version")) if swift else None
    text = Path(os.path.realpath(swift)).parent.parent / "share/swift/LICENSE.txt" if swift else None
    if not version or not text or not text.exists():
        raise PartError("the Swift toolchain with its licence is not found: it must be in PATH")
    for name, source in (("swift", text), ("unicode", ROOT / "tools/lib/Unicode-3.0.txt")):
        (licences / name).mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, licences / name / source.name)
    purl = f"pkg:generic/swift@{version[1]}"
    return component("framework", "swift", version[1], "Apache-2.0 WITH Swift-exception AND Unicode-3.0", purl, purl=purl,
                     externalReferences=[{"type": "website", "url": "https://www.swift.org"}])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    for name in ("programs", "stage", "resolved", "checkouts"):
        parser.add_argument(f"--{name}", required=True, type=Path)
    options = parser.parse_args()
    share = options.stage / "share/cambium"
    licences = share / "licences"
    licences.mkdir(parents=True, exist_ok=True)
    programs = [options.programs / name for name in PROGRAMS]
    try:
        said = run(str(programs[0]), "--version").split()
        if len(said) < 2:
            raise PartError(f"{programs[0]} does not say its version")
        parts = list(packages(options.resolved, options.checkouts, licences))
        shared, isOutside = libraries(programs, licences)
        engine = runtime(licences)
    except PartError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if isOutside:
        print("note: the Swift runtime is not in the programs: they start only where it is installed")
    engine["properties"] = [{"name": "cambium:linked", "value": "dynamically" if isOutside else "statically"}]
    for part in parts:
        part["properties"].append({"name": "cambium:linked", "value": "statically"})
    tables = component("data", "Unicode character data", "", "Unicode-3.0", "data:unicode", properties=[
        {"name": "cambium:place", "value": "Sources/Tokenization/Tables"}])
    files = [
        {"type": "file", "bom-ref": f"file:bin/{path.name}", "name": f"bin/{path.name}", "hashes": [
            {"alg": "SHA-256", "content": hashlib.sha256(path.read_bytes()).hexdigest()}]} for path in programs]
    commit = re.search(r"\(commit ([0-9a-f]{40})", " ".join(said))
    product = component(
        "application", "cambium", said[1], "Apache-2.0", "cambium", components=files, properties=[
            {"name": "cambium:platform", "value": f"linux-{platform.machine()}"},
            *([{"name": "cambium:commit", "value": commit[1]}] if commit else [])])
    components = parts + [engine, tables] + shared
    bill = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json", "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "metadata": {"lifecycles": [{"phase": "build"}], "component": product},
        "components": components,
        "dependencies": [{"ref": "cambium", "dependsOn": sorted(part["bom-ref"] for part in components)}],
    }
    (share / "sbom.cdx.json").write_text(json.dumps(bill, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    # With it the same versions are built again: tools/release --resolved.
    shutil.copyfile(options.resolved, share / "Package.resolved")
    print(f"{len(parts)} Swift packages, {len(shared)} libraries of the system, swift {engine['version']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
