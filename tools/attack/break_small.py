"""What is left behind by the killed, and the small things: options, names, words. For break_cases.py."""

import json
import os

from attack_room import expect
from break_crash import good_end
from break_ownership import keys

CHECK = {"prompts": 1, "tokens": 3, "depths": [1]}


def killed_archive(room):
    """D4 package --archive that was killed leaves nothing that the next one does not take away"""
    room.package()
    for number in range(1, 30):
        status = room.cambium("package", "o", "--archive", env={"CAMBIUM_CRASH_AT": f"write:{number}"}).status
        if status == 0:
            break
        room.must(room.cambium("package", "o", "--archive"))
        left = [name for name in os.listdir(room.path) if "cambium-tmp" in name]
        expect(not left, f"write:{number}: {left[0] if left else ''} stays")
        (room / "o.tar.zst").unlink()


def killed_outputs(room):
    """D4 sign, audit --html and trace that were killed leave nothing that the next one does not take away"""
    room.package()
    keys(room)
    for program, *command in (("cambium", "sign", "o", "--key", "k.pem", "--signature", "s.sig"),
                              ("cambium", "audit", "o", "--html", "a.html"),
                              ("verify-runner", "trace", "o", "--ids", "1", "--limit", "1", "--output", "t")):
        room.run(program, *command, env={"CAMBIUM_CRASH_AT": "rename:1"})
        room.must(room.run(program, *command))
        left = [name for name in os.listdir(room.path) if "cambium-tmp" in name]
        expect(not left, f"{command[0]}: {left[:1]} stays")


# Section D of the page: small.

def card_names_report(room):
    """D with --output X the card names no report of another name"""
    room.checkpoint()
    room.manifest(check=CHECK)
    room.must(room.convert("m.json", "--output", "elsewhere"))
    card = (room / "elsewhere" / "README.md").read_text()
    expect("under its name and `.check.json`" in card and "o.check.json" not in card, "the card names another report")


def ids_in_brackets(room):
    """D trace --ids "[146]" is a list of ids"""
    room.package()
    outcome = room.runner("trace", "o", "--ids", "[146, 7]", "--limit", "1", "--output", "t")
    expect(outcome.status == 0, f"{outcome}")


def nul_in_output(room):
    """D a NUL in the manifest's output is refused, no x%00y is made"""
    room.checkpoint()
    room.manifest(output="x\0y")
    outcome = room.convert()
    expect(outcome.status == 65 and outcome.code, f"{outcome}")
    expect(not [name for name in os.listdir(room.path) if name.startswith("x")], "a folder was made")


def nul_elsewhere(room):
    """D a NUL or a line end in a manifest's source, donor, pipeline or base_model is refused"""
    room.checkpoint()
    for key in ("source", "donor", "pipeline", "base_model"):
        for control in ("\0", "\n", "\x1b[2J"):
            room.manifest(**{key: f"so{control}urce"}, output=f"o-{key}")
            outcome = room.convert()
            expect(outcome.status in (65, 66) and outcome.code, f"{key} {control!r}: {outcome}")
            expect("\x1b" not in outcome.text and "\0" not in outcome.text, f"{key} {control!r} reaches the terminal")


def base_model_in_card(room):
    """D a base_model with a line end adds no line to the card's front matter"""
    room.checkpoint()
    room.manifest(base_model="a/b\nlicense: mit")
    outcome = room.convert()
    expect(outcome.status != 0 or "\nlicense: mit\n" not in (room / "o" / "README.md").read_text(), "the card has another licence")


def sign_what_fails(room):
    """D sign refuses a package that fails verify"""
    room.package()
    keys(room)
    with open(room / "o" / "README.md", "a") as card:
        card.write("Mine.\n")
    outcome = room.cambium("sign", "o", "--key", "k.pem")
    expect(outcome.status not in (0, 64) and not (room / "o" / "model.sig").exists(), f"{outcome}")


def sums_in_other_words(room):
    """D verify and unpack refuse blank, duplicate and reordered lines in SHA256SUMS"""
    room.package()
    path = room / "o" / "SHA256SUMS"
    rows = path.read_bytes().splitlines(keepends=True)
    for what, changed in (("blank", [*rows, b"\n"]), ("duplicate", [rows[0], *rows]), ("reordered", rows[::-1]),
                          ("binary marks", [row.replace(b"  ", b" *", 1) for row in rows]),
                          ("upper case", [row[:64].upper() + row[64:] for row in rows])):
        path.write_bytes(b"".join(changed))
        outcome = room.cambium("verify", "o")
        expect(outcome.status == 2, f"{what}: {outcome}")
    path.write_bytes(b"".join(rows))


def unpack_without_parent(room):
    """D unpack --output a/b/c without its parent makes it, or says what is missing"""
    room.package()
    room.must(room.cambium("package", "o", "--archive"))
    outcome = room.cambium("unpack", "o.tar.zst", "--output", "a/b/c")
    expect(outcome.status == 0 and (room / "a/b/c/SHA256SUMS").exists() or
           outcome.code and "free space" not in outcome.text and "a/b" in outcome.text, f"{outcome}")


def name_no_utf8(room):
    """D a file name in the source that is no UTF-8: 65"""
    room.checkpoint()
    room.manifest()
    with open(os.fsencode(room / "source") + b"/LICENSE-\xff.txt", "w") as file:
        file.write("x")
    for command in (("inspect", "source"), ("plan", "m.json"), ("run", "m.json", "--quiet")):
        outcome = room.cambium(*command)
        expect(outcome.status == 65 and outcome.code, f"{command[0]}: {outcome}")


def unknown_tier(room):
    """D an unknown CAMBIUM_SIMD is an error"""
    room.package()
    room.manifest("again.json", output="again")
    for program, *command in (("cambium", "run", "again.json", "--quiet"),
                              ("verify-runner", "generate", "o", "--prompt", "a", "--limit", "1")):
        outcome = room.run(program, *command, env={"CAMBIUM_SIMD": "avx1024"})
        expect(outcome.status not in (0,) and "CAMBIUM_SIMD" in outcome.text, f"{command[0]}: {outcome}")


def one_lock_for_two(room):
    """D manifests `a` and `a.json` have locks of their own, or one is refused"""
    room.checkpoint()
    room.manifest("a.json", output="one")
    room.manifest("a", output="two", pipeline="affine4")
    room.must(room.convert("a.json"))
    before = (room / "a.lock.json").read_bytes()
    room.convert("a")
    expect((room / "a.lock.json").read_bytes() == before, "the second manifest wrote the first one's lock")


def hot(room):
    """D --temperature 1e308 and the like: an error that says what is wrong, or text; nan and inf refused"""
    room.package()
    for value in ("1e308", "1e38", "nan", "inf", "-0.0", "1e-45"):
        outcome = room.runner("generate", "o", "--prompt", "ab", "--limit", "2", f"--temperature={value}")
        good_end(outcome, value)
        if outcome.status != 0:
            expect("a finite number" in outcome.text or "0 or more" not in outcome.text, f"{value}: {outcome}")
    for option in ("--top-p=nan", "--top-p=inf", "--fps=nan"):
        outcome = room.runner("generate", "o", "--prompt", "ab", "--limit", "2", "--temperature=1", option)
        expect(outcome.status != 0, f"{option}: {outcome}")


def auto_map(room):
    """D auto_map does not travel into the package's configuration; other files are copied as they are"""
    room.checkpoint()
    path = room / "source" / "config.json"
    config = json.loads(path.read_text())
    config["auto_map"] = {"AutoModel": "evil--repo.Model"}
    config["text_config"]["auto_map"] = {"AutoModel": "evil--repo.Model"}
    path.write_text(json.dumps(config))
    for name in ("tokenizer_config.json", "preprocessor_config.json"):
        more = json.loads((room / "source" / name).read_text())
        more["auto_map"] = {"AutoTokenizer": ["evil--repo.T", None]}
        (room / "source" / name).write_text(json.dumps(more))
    room.manifest()
    outcome = room.convert()
    if outcome.status == 0:
        for file in sorted((room / "o").glob("*.json")):
            if file.name == "config.json":
                expect("auto_map" not in file.read_text(), f"{file.name} has it")


CASES = [killed_archive, killed_outputs, card_names_report, ids_in_brackets, nul_in_output, nul_elsewhere, base_model_in_card,
         sign_what_fails,
         sums_in_other_words, unpack_without_parent, name_no_utf8, unknown_tier, one_lock_for_two, hot, auto_map]
ON_DISK = set()
