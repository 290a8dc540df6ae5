"""Malformed files of a tokenizer and of a chat template, for make_malformed.py. Each case: name, file, bytes or a size in
bytes of which the file is made of zeros, and the code."""

import json
import os

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
DEEP = "[" * 50000 + "]" * 50000
# Below the limits of the files that are read whole, and far more memory than bytes once it is a tree.
WIDE = "[" + "0," * 3_000_000 + "0]"


def byte_alphabet():
    """The characters that stand for the 256 bytes, as in every byte-level vocabulary."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = iter(range(256, 512))
    return [chr(byte if byte in plain else next(others)) for byte in range(256)]


def token(number, content, **changes):
    return {"id": number, "content": content, "single_word": False, "lstrip": False, "rstrip": False,
            "normalized": False, "special": True, **changes}


def small():
    """A whole tokenizer of 259 tokens."""
    with open(os.path.join(ROOT, "manifests", "demo", "trunk", "tokenizer.json")) as file:
        root = json.load(file)
    vocabulary = {character: number for number, character in enumerate(byte_alphabet())}
    vocabulary["ab"] = 256
    root["model"].update(vocab=vocabulary, merges=["a b"])
    root["added_tokens"] = [token(257, "<|endoftext|>"), token(258, "<|im_end|>")]
    return root


def changed(change):
    root = small()
    change(root)
    return json.dumps(root)


def model(**parts):
    return changed(lambda root: root["model"].update(parts))


def vocabulary(**members):
    return changed(lambda root: root["model"]["vocab"].update(members))


def added(*tokens):
    return changed(lambda root: root.update(added_tokens=list(tokens)))


def pattern(text):
    return changed(lambda root: root["pre_tokenizer"]["pretokenizers"][0].update(pattern={"Regex": text}))


SMALL = json.dumps(small())
T = "tokenizer.json"

TOKENIZERS = [
    ("empty", T, "", "E_JSON_SYNTAX"),
    ("an-array", T, "[]", "E_JSON_TYPE"),
    ("cut", T, SMALL[:len(SMALL) // 2], "E_JSON_"),
    ("deep", T, DEEP, "E_JSON_DEPTH"),
    ("deep-normalizer", T, changed(lambda root: root.update(normalizer="DEEP")).replace('"DEEP"', DEEP), "E_JSON_DEPTH"),
    ("deep-sequences", T, changed(lambda root: root.update(pre_tokenizer="SEQUENCE")).replace(
        '"SEQUENCE"', '{"type":"Sequence","pretokenizers":[' * 20 + "]}" * 20), "E_TOKENIZER_PRE_TOKENIZER"),
    ("invalid-utf8", T, SMALL.encode().replace(b"endoftext", b"endof\xfftext"), "E_JSON_UTF8"),
    ("overlong-utf8", T, SMALL.encode().replace(b"endoftext", b"endof\xc0\xaf"), "E_JSON_UTF8"),
    ("lone-surrogate", T, SMALL.replace("endoftext", "\\ud800"), "E_JSON_ESCAPE"),
    ("byte-order-mark", T, b"\xef\xbb\xbf" + SMALL.encode(), "E_JSON_UTF8"),
    ("utf16", T, SMALL.encode("utf-16"), "E_JSON_UTF8"),
    ("nan-id", T, SMALL.replace('"ab": 256', '"ab": NaN'), "E_JSON_"),
    ("token-twice", T, SMALL.replace('"ab": 256', '"ab": 256, "ab": 256'), "E_JSON_DUPLICATE_KEY"),
    ("token-twice-escaped", T, SMALL.replace('"ab": 256', '"ab": 256, "\\u0061b": 256'), "E_JSON_DUPLICATE_KEY"),
    ("id-negative", T, vocabulary(ab=-1), "E_TOKENIZER_ID_RANGE"),
    ("id-with-a-gap", T, vocabulary(ab=100_000), "E_TOKENIZER_ID_RANGE"),
    ("id-2-31", T, vocabulary(ab=1 << 31), "E_TOKENIZER_ID_RANGE"),
    ("id-2-63", T, vocabulary(ab=1 << 63), "E_TOKENIZER_ID_RANGE"),
    ("id-of-400-digits", T, SMALL.replace('"ab": 256', '"ab": 1' + "0" * 400), "E_TOKENIZER_ID_RANGE"),
    ("id-fraction", T, vocabulary(ab=256.0), "E_TOKENIZER_ID_RANGE"),
    ("id-text", T, vocabulary(ab="256"), "E_TOKENIZER_ID_RANGE"),
    ("two-tokens-of-one-id", T, vocabulary(ab=97), "E_TOKENIZER_DUPLICATE_ID"),
    ("byte-missing", T, changed(lambda root: (root["model"]["vocab"].update(zz=root["model"]["vocab"].pop("a")),
                                              root["model"].update(merges=[]))), "E_TOKENIZER_MISSING_BYTE"),
    ("vocabulary-a-list", T, model(vocab=[["a", 0]]), "E_JSON_TYPE"),
    ("merge-of-an-unknown-token", T, model(merges=["a xyz"]), "E_TOKENIZER_MERGE_TOKEN"),
    ("merge-makes-an-unknown-token", T, model(merges=["b a"]), "E_TOKENIZER_MERGE_TOKEN"),
    ("merge-of-added-tokens", T, model(merges=["<|im_end|> a"]), "E_TOKENIZER_MERGE_TOKEN"),
    ("merge-of-three", T, model(merges=["a b c"]), "E_TOKENIZER_MERGE"),
    ("merge-of-nothing", T, model(merges=[["a", ""]]), "E_TOKENIZER_MERGE"),
    ("merge-a-number", T, model(merges=[7]), "E_TOKENIZER_MERGE"),
    ("merge-twice", T, model(merges=["a b", ["a", "b"]]), "E_TOKENIZER_DUPLICATE_MERGE"),
    ("merge-of-a-megabyte", T, model(merges=["a " + "x" * (1 << 20)]), "E_TOKENIZER_MERGE_TOKEN"),
    ("added-twice", T, added(token(257, "<|endoftext|>"), token(258, "<|endoftext|>")), "E_TOKENIZER_"),
    ("added-ids-of-each-other", T, added(token(258, "ab"), token(256, "<x>")), "E_TOKENIZER_"),
    ("added-under-another-id", T, added(token(97, "ab")), "E_TOKENIZER_DUPLICATE_TOKEN"),
    ("added-empty", T, added(token(257, "")), "E_TOKENIZER_ADDED_TOKEN"),
    ("added-id-huge", T, added(token(1 << 62, "<x>")), "E_TOKENIZER_ID_RANGE"),
    ("added-strips-what-is-no-flag", T, added(token(257, "<x>", lstrip="yes")), "E_JSON_TYPE"),
    ("added-no-object", T, added("<x>"), "E_JSON_TYPE"),
    ("another-model", T, model(type="WordPiece"), "E_TOKENIZER_MODEL"),
    ("byte-fallback-what-is-no-flag", T, model(byte_fallback="yes"), "E_JSON_TYPE"),
    ("regex-of-a-megabyte", T, pattern("(a|" * 300_000 + ")" * 300_000), "E_TOKENIZER_PATTERN"),
    ("regex-that-never-ends", T, pattern("(a+)+$"), "E_TOKENIZER_PATTERN"),
    ("regex-of-another-model", T, pattern("\\p{L}+"), "E_TOKENIZER_PATTERN"),
    ("unknown-field", T, changed(lambda root: root.update(code="x")), "E_JSON_UNKNOWN_FIELD"),
    ("key-of-eight-megabytes", T, SMALL.replace('"ab"', '"' + "x" * (8 << 20) + '"'), "E_TOKENIZER_MERGE_TOKEN"),
    ("string-of-twenty-megabytes", T, '"' + "x" * (20 << 20) + '"', "E_JSON_TYPE"),
    ("string-of-100-megabytes", T, 100_000_000, "E_FILE_LIMIT"),
    ("of-a-terabyte", T, 1 << 40, "E_FILE_LIMIT"),
]

C = "tokenizer_config.json"
J = "chat_template.jinja"
G = "generation_config.json"

TEMPLATES = [
    ("config-deep", C, '{"x":%s}' % DEEP, "E_JSON_DEPTH"),
    ("config-wide", C, '{"x":%s}' % WIDE, "E_JSON_VALUES"),
    ("config-invalid-utf8", C, b'{"eos_token":"\xff"}', "E_JSON_UTF8"),
    ("config-of-100-megabytes", C, 100_000_000, "E_FILE_LIMIT"),
    ("config-unknown-stop-token", C, '{"eos_token":"<|nowhere|>"}', "E_TOKENIZER_STOP_TOKEN"),
    ("generation-stop-token-2-63", G, '{"eos_token_id":9223372036854775808}', "E_TOKENIZER_STOP_TOKEN"),
    ("generation-stop-token-negative", G, '{"eos_token_id":[-1]}', "E_TOKENIZER_STOP_TOKEN"),
    ("generation-wide", G, '{"eos_token_id":%s}' % WIDE, "E_JSON_VALUES"),
    ("invalid-utf8", J, b"{{ '\xff' }}", "E_TEMPLATE_SYNTAX"),
    ("not-closed", J, "{% for m in messages %}", "E_TEMPLATE_SYNTAX"),
    ("deep-parentheses", J, "{{ " + "(" * 50000 + "1" + ")" * 50000 + " }}", "E_TEMPLATE_LIMIT"),
    ("deep-lists", J, "{{ " + "[" * 50000 + "]" * 50000 + " }}", "E_TEMPLATE_LIMIT"),
    ("deep-not", J, "{{ " + "not " * 50000 + "1 }}", "E_TEMPLATE_LIMIT"),
    ("deep-statements", J, "{% if 1 %}" * 20000 + "{% endif %}" * 20000, "E_TEMPLATE_LIMIT"),
    ("long-chain", J, "{{ 1" + "+1" * 100_000 + " }}", "E_TEMPLATE_LIMIT"),
    ("endless", J, "{% for a in range(1000000000) %}{% for b in range(1000000000) %}{% endfor %}{% endfor %}",
     "E_TEMPLATE_"),
    ("calls-itself", J, "{% macro f(x) %}{{ f(x) }}{% endmacro %}{{ f(1) }}", "E_TEMPLATE_"),
    ("doubles", J, "{% set ns = namespace(s='x') %}{% for i in range(60) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
     "E_TEMPLATE_LIMIT"),
    ("doubles-lists", J, "{% set ns = namespace(s=[1]) %}{% for i in range(60) %}{% set ns.s = ns.s + ns.s %}"
     "{% endfor %}", "E_TEMPLATE_LIMIT"),
    ("repeats", J, "{{ 'x' * 1000000000000 }}", "E_TEMPLATE_"),
    ("holds-itself", J, "{% set ns = namespace(n=0) %}{% set ns.n = ns %}{{ ns.n }}", "E_TEMPLATE_"),
    ("reaches-for-python", J, "{{ ''.__class__.__mro__[1].__subclasses__() }}", "E_TEMPLATE_"),
    ("imports", J, "{% import 'os' as os %}", "E_TEMPLATE_UNSUPPORTED"),
    ("includes", J, "{% include '/etc/passwd' %}", "E_TEMPLATE_UNSUPPORTED"),
    ("raises", J, "{{ raise_exception('no') }}", "E_TEMPLATE_RAISED"),
    ("of-two-megabytes", J, "x" * (2 << 20), "E_TEMPLATE_LIMIT"),
    ("of-100-megabytes", J, 100_000_000, "E_FILE_LIMIT"),
]
