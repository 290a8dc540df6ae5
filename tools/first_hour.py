"""Types what the README says, in empty homes, and counts what had to be read and typed. Started by tools/first-hour.

Every command comes out of a code block of README.md, word for word; one that is not there any more is an error. Ends with a
status other than 0 if a command fails, prints an error, or takes more words or commands than ROLES allows.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEMO = ROOT / "manifests" / "demo"

# Role: sections of the README that are read, and beginnings of the commands that are typed. "" is what stands before the
# first section. The goals are those of a first hour: few words, few commands, no error.
ROLES = {
    "somebody with a model": (
        ["Your own model in three commands", "Use it"],
        ["cambium init", "cambium plan", "cambium run", "mlx_lm.generate", "mlx_vlm.generate"],
    ),
    "release engineer": (
        ["Publish it"],
        ["openssl ecparam", "openssl ec ", "cambium sign", "cambium package", "hf upload"],
    ),
    "auditor": (
        ["The check"],
        [
            "cambium verify My-Tune-mxfp4",
            "cambium verify My-Tune-mxfp4 --public-key",
            "cambium verify My-Tune-mxfp4 --rederive",
            "verify-runner check",
            "cambium audit",
        ],
    ),
}
MOST_WORDS, MOST_COMMANDS = 400, 5
# Typed by nobody here: they need an account.
NOT_RUN = ("hf upload",)


class Readme:
    """Sections by title, and the commands of all shell blocks in their order, without their comments."""

    def __init__(self, text):
        self.sections, title = {}, ""
        in_block = False
        for line in text.splitlines():
            if line.startswith("```"):
                in_block = not in_block
            if line.startswith("## ") and not in_block:
                title = line[3:].strip()
            else:
                self.sections.setdefault(title, []).append(line)

    def words(self, title):
        """What has a letter or a digit, in prose, code and tables; a link counts by its text."""
        text = re.sub(r"\]\([^)]*\)", "]", "\n".join(self.sections[title]))
        return sum(1 for word in text.split() if re.search(r"[A-Za-z0-9]", word))

    def command(self, title, beginning):
        """The command of a section's shell blocks that begins so; of several the shortest."""
        found, shell = [], False
        for line in self.sections[title]:
            if line.startswith("```"):
                shell = line == "```sh"
            elif shell:
                command = re.sub(r"\s+#.*$", "", line).strip()
                if command.startswith(beginning):
                    found.append(command)
        return min(found, key=len) if found else None


class Transcript:
    def __init__(self, file):
        self.file = file

    def say(self, text=""):
        print(text, flush=True)
        if self.file:
            print(text, file=self.file, flush=True)


def home(folder, bin_folder, venv):
    """An empty home with a fine-tune, the model that still has its head, and the programs in PATH."""
    for name, source in [("My-Tune", "trunk"), ("Qwen3.5-4B", "donor")]:
        shutil.copytree(DEMO / source, folder / "models" / name)
    kept = {name: os.environ[name] for name in ("TMPDIR", "LD_LIBRARY_PATH") if name in os.environ}
    # Programs that are not installed: the pipelines of this repository.
    if not (bin_folder.parent / "share" / "cambium").is_dir():
        kept["CAMBIUM_PIPELINES"] = str(ROOT / "pipelines")
    return kept | {
        "HOME": str(folder),
        "PATH": f"{bin_folder}:{venv}/bin:/usr/local/bin:/usr/bin:/bin",
        "LC_ALL": "C.UTF-8",
        # Nothing of this needs a network, and compiled graphs would need a C++ compiler.
        "HF_HUB_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "MLX_DISABLE_COMPILE": "1",
    }


def play(role, readme, folder, environment, out):
    """Types a role's commands. Returns words, commands, and what went wrong."""
    sections, beginnings = ROLES[role]
    out.say(f"\n# {role}: reads {', '.join(sections)}")
    words, typed, wrong = 0, 0, []
    for title in sections:
        if title not in readme.sections:
            wrong.append(f"README.md has no section {title}")
        else:
            words += readme.words(title)
    for beginning in beginnings:
        known = [title for title in sections if title in readme.sections]
        command = next((c for c in (readme.command(title, beginning) for title in known) if c), None)
        if command is None:
            wrong.append(f"README.md does not say {beginning}")
            continue
        typed += 1
        out.say(f"\n$ {command}")
        if command.startswith(NOT_RUN):
            out.say("(not run: needs an account)")
            continue
        start = time.monotonic()
        done = subprocess.run(
            ["bash", "-c", command], cwd=folder, env=environment, text=True, errors="replace", stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        lines = done.stdout.replace(str(folder), "~").splitlines()
        for line in lines:
            out.say(line)
        out.say(f"-> {done.returncode}, {time.monotonic() - start:.1f} s")
        if done.returncode != 0:
            wrong.append(f"{command}: ended with {done.returncode}")
        elif any(re.match(r"(error|Error|Traceback)\b", line) for line in lines):
            wrong.append(f"{command}: printed an error")
    if words > MOST_WORDS:
        wrong.append(f"{words} words, more than {MOST_WORDS}")
    if typed > MOST_COMMANDS:
        wrong.append(f"{typed} commands, more than {MOST_COMMANDS}")
    return words, typed, wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", required=True, type=Path)
    parser.add_argument("--venv", required=True, type=Path)
    parser.add_argument("--transcript", type=Path)
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()

    readme = Readme((ROOT / "README.md").read_text(encoding="utf-8"))
    place = Path(tempfile.mkdtemp(prefix="cambium-first-hour-"))
    file = open(options.transcript, "w", encoding="utf-8") if options.transcript else None
    out, rows, wrong = Transcript(file), [], []
    try:
        user, auditor = place / "user", place / "auditor"
        environment = home(user, options.bin, options.venv)
        for role in ROLES:
            folder = user
            if role == "auditor":
                # What an auditor is given: the package, the public key, the manifest, and the models that it names.
                folder, environment = auditor, home(auditor, options.bin, options.venv)
                for name in ("My-Tune-mxfp4", "key.pub", "My-Tune.json", "My-Tune.lock.json"):
                    given = user / name
                    if given.is_dir():
                        shutil.copytree(given, auditor / name)
                    elif given.exists():
                        shutil.copy(given, auditor / name)
            words, typed, problems = play(role, readme, folder, environment, out)
            rows.append((role, words, typed, len(problems)))
            wrong += [f"{role}: {problem}" for problem in problems]
        for title in ("", "Install"):
            rows.append((f"before that: {title or 'the opening'}", readme.words(title), "", ""))
        card = user / "My-Tune-mxfp4" / "README.md"
        if not card.exists() or "hf upload" not in card.read_text(encoding="utf-8"):
            wrong.append("the card does not say how the package is uploaded")
    finally:
        if options.keep:
            out.say(f"\nthe homes: {place}")
        else:
            shutil.rmtree(place, ignore_errors=True)
    out.say(f"\n{'role':<30} {'words':>6} {'commands':>9} {'wrong':>6}")
    for role, words, typed, problems in rows:
        out.say(f"{role:<30} {words:>6} {typed:>9} {problems:>6}")
    for problem in wrong:
        out.say(f"FAIL  {problem}")
    out.say("first hour: " + ("as the README says" if not wrong else f"{len(wrong)} wrong"))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
