"""Writes the golden encodings of the tests: strings, and what the `tokenizers` package makes of them.

    make_strings.py TOKENIZER_JSON own|qwen2|qwen35 COUNT SEED OUT.jsonl

`own` takes the tokenizer as it is. The others take its added tokens, their split pattern, and a vocabulary of all pairs
of bytes: a trained vocabulary has no token across most borders of pieces, so it would not notice a wrong border.

Each line: `text` (or `bytes`, ill-formed UTF-8, read by Python with errors="replace"), `plain` when special tokens
are read as ordinary text, `ids`, and, where it is not the text, `decoded` and `skipped` (special tokens left out).
"""

import json
import random
import sys
import unicodedata
from tokenizers import Tokenizer

path, kind, count, seed, out = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5]
spec = json.load(open(path))


def pairs(spec, kind):
    """The vocabulary of all pairs; `PairTokenizer.swift` builds the same."""
    marks = r"\p{M}" if kind == "qwen35" else ""
    letters = r"[\p{L}\p{M}]" if marks else r"\p{L}"
    spec["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"] = (
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?" + letters + r"+|\p{N}| ?[^\s\p{L}" + marks
        + r"\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    rest = [b for b in range(256) if b not in printable]
    names = [chr(b) if b in printable else chr(0x100 + rest.index(b)) for b in range(256)]
    both = [a + b for a in names for b in names]
    spec["model"]["vocab"] = {name: i for i, name in enumerate(names + both)}
    spec["model"]["merges"] = [list(both[rank * 40503 % 65536]) for rank in range(65536)]
    for i, token in enumerate(spec["added_tokens"]):
        token["id"] = 256 + 65536 + i


if kind != "own":
    pairs(spec, kind)
tokenizer = Tokenizer.from_str(json.dumps(spec))
rng = random.Random(seed)
added = [t["content"] for t in spec["added_tokens"]]

WORDS = """the of and package implementation don't I'll we've they're it's I'd I'm DON'T WE'LL THEY'RE it’s can’t 'Sx
'lL 'rE 'vE 'ſ 'ſx '' ''s O'Reilly naïve café Ångström façade über Straße fiancée coöperate résumé
слово Привет мир ёлка й Ελληνικά ἀρχή ᾧ שָׁלוֹם עברית العربية مُحَمَّد ١٢٣ فارسی हिन्दी नमस्ते क्षत्रिय देवनागरी १२३ বাংলা
தமிழ் తెలుగు ౘౙ ಕನ್ನಡ ภาษาไทย น้ำ กำลัง ລາວ ខ្មែរ မြန်မာ 中文 汉字漢字 日本語 ひらがな カタカナ ｶﾞ が が 한국어 한글 각 값
ⅷ ² ½ ① Ⅻ 𝒜𝓫𝔠 𝟘𝟙𝟚 ﬁ ﬃ Å Ω K ① 　 \u00a0 \ue000\uf8ff \U000f0000 \ufeff \u200b \u200d \u200c \u2060 \ufffd \u0344 \u212b
👩‍👩‍👧‍👦 👍🏽 🏳️‍🌈 🇩🇪 ❤️ 😀 ☃ ♞ ⟨⟩ ∀x∈ℝ ∑ ≠ ≠ a\u0301\u0327\u0316 q\u0307\u0323 \u0301 \u0915\u093c \u1100\u1161\u11a8 \u1100\u1161
\uac00\u11a8 \u11a8 \u1161 \u1e0b\u0323 \u0f71\u0f72 \U0001d15e \U00011131\U00011127 \u09c7\u09be \u0cc6\u0cc2\u0cd5 \u0958 \U0002f800""".split()
CODE = """def f(x):|    return x + 1|if (a != b) {|}|// comment|/* x */|#include <stdio.h>|let x = [1, 2, 3]|print("hello")|
x->y.z()|a[i][j] = 0x1F;|===|!!!|...|--|::|<div class="a">|</div>|$ ls -la|https://example.org/a?b=c&d=%20|3.14159|1_000_000|
2024-01-31T12:34:56Z|<tool_call>|{"name": "f", "arguments": {}}|@property|lambda: None|\\n|\\u00e9|<|im_end|>|""".split("|")
SPACES = [" ", "  ", "   ", "\n", "\n\n", "\r\n", "\r", "\t", "\t\t", " \n", "\n ", "\r\n\r\n  ", "\u3000", "\u00a0", "\u00a0 ", "\u2028",
          "\u0085", "\u000b", "\u000c", "\u1680", "\u2003", "\u180e", "\x1c", "\x1f", "\x00", "        ", "    \n    ", "\u202f"]
BLOCKS = [(0x20, 0x7F), (0x80, 0x250), (0x250, 0x370), (0x370, 0x600), (0x600, 0x900), (0x900, 0xE00), (0xE00, 0x1100),
          (0x1100, 0x1200), (0x1200, 0x1E00), (0x1E00, 0x2000), (0x2000, 0x2C00), (0x2C00, 0x3400), (0x3400, 0xA000),
          (0xA000, 0xAC00), (0xAC00, 0xD7A4), (0xD7A4, 0xD800), (0xE000, 0x10000), (0x10000, 0x12000), (0x12000, 0x1D000),
          (0x1D000, 0x1D800), (0x1D800, 0x1F000), (0x1F000, 0x20000), (0x20000, 0x30000), (0xE0000, 0xE0200), (0xF0000, 0x110000)]
MARKS = [c for c in range(0x300, 0x20000) if unicodedata.combining(chr(c))]


def character():
    while True:
        low, high = rng.choice(BLOCKS)
        c = rng.randrange(low, high)
        if not 0xD800 <= c < 0xE000:
            return chr(c)


def part():
    kind = rng.random()
    if kind < 0.30:
        return rng.choice(WORDS)
    if kind < 0.42:
        return rng.choice(CODE)
    if kind < 0.70:
        return rng.choice(SPACES)
    if kind < 0.76:
        return rng.choice(added)
    if kind < 0.86:
        return "".join(character() for _ in range(rng.randint(1, 4)))
    if kind < 0.90:
        return character() + "".join(chr(rng.choice(MARKS)) for _ in range(rng.randint(1, 4)))
    if kind < 0.93:
        return unicodedata.normalize("NFD", rng.choice(WORDS))
    if kind < 0.96:
        return "'" + rng.choice(["s", "T", "re", "VE", "Ll", "d", "ſ", "r", "x", "M", "lſ"]) + rng.choice(["", "a", "1"])
    if kind < 0.99:
        return str(rng.randrange(10 ** rng.randint(1, 9)))
    return rng.choice("ab xé") * rng.randint(20, 150 if rng.random() < 0.5 else 30)


def garbage():
    raw = bytearray("".join(part() for _ in range(rng.randint(1, 4))).encode())
    for _ in range(rng.randint(1, 4)):
        at = rng.randint(0, len(raw))
        if raw and rng.random() < 0.5:
            raw[at % len(raw)] = rng.randrange(256)
        else:
            raw[at:at] = rng.choice([b"\xed\xa0\x80", b"\xf0\x9f", b"\xe2\x82", b"\xff", b"\xc0\xaf", b"\xf4\x90\x80\x80", b"\x80", b"\xed\xa0\xbd\xed\xb8\x80"])
    return bytes(raw)


with open(out, "w") as file:
    for index in range(count):
        row = {}
        if index % 20 == 7:
            raw = garbage()
            text, row["bytes"] = raw.decode("utf-8", "replace"), list(raw)
        else:
            text = "".join(part() for _ in range(rng.randint(1, 9)))
            row["text"] = text
        if index % 10 == 3:
            row["plain"] = True
        tokenizer.encode_special_tokens = "plain" in row
        row["ids"] = tokenizer.encode(text, add_special_tokens=False).ids
        tokens = row["ids"]
        if index % 10 == 5:
            # Ids that were never a text: decoding must repair what they spell.
            tokens = [rng.randrange(tokenizer.get_vocab_size() + 8) for _ in range(rng.randint(1, 24))]
            row["tokens"] = tokens
        row["decoded"] = tokenizer.decode(tokens, skip_special_tokens=False)
        row["skipped"] = tokenizer.decode(tokens, skip_special_tokens=True)
        if row["decoded"] == row.get("text"):
            del row["decoded"]
        if row["skipped"] == row.get("decoded", row.get("text")):
            del row["skipped"]
        file.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")
