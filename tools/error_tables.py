"""Reads the tables of errors from the Swift sources: every case of an enum that is a `CambiumError`, with its comment, and
what its arm of `diagnostic` says. Enough of Swift is read for tables as the project writes them; what is written otherwise
is an error here and not a row that is missing.
"""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CODE = re.compile(r"\bE_[A-Z0-9]+(?:_[A-Z0-9]+)*\b")
NAMED = "the message names it"
FAULT = "a fault of ours: run the same command again; if it stays, report it"


class TableError(Exception):
    """A table that cannot be read, with its place."""


@dataclass
class Row:
    """What is said of one failure."""

    table: str
    case: str
    place: str
    code: str
    statuses: list
    is_fault: bool
    meaning: str
    expected: list
    next: list


# Swift's text ---------------------------------------------------------------------------------------------------------


def end_of_string(text, at):
    """Behind the literal that begins at `at`."""
    hashes = 0
    while text[at + hashes] == "#":
        hashes += 1
    mark, pound = at + hashes, "#" * hashes
    quote = '"""' if text.startswith('"""', mark) else '"'
    index = mark + len(quote)
    while index < len(text):
        if text.startswith("\\" + pound + "(", index):
            index = end_of_group(text, index + 1 + hashes)
        elif text[index] == "\\" and not hashes:
            index += 2
        elif text.startswith(quote + pound, index):
            return index + len(quote) + hashes
        else:
            index += 1
    raise TableError(f"a string without end: {text[at:at + 40]}")


def skipped(text, at):
    """Behind a string or a comment that begins at `at`; `at` itself where none does."""
    if text[at] == '"' or re.match(r'#+"', text[at:at + 8]):
        return end_of_string(text, at)
    if text.startswith("//", at):
        end = text.find("\n", at)
        return len(text) if end < 0 else end
    return at


def end_of_group(text, at):
    """Behind the bracket that closes the one at `at`."""
    depth, index = 0, at
    while index < len(text):
        after = skipped(text, index)
        if after != index:
            index = after
            continue
        if text[index] in "([{":
            depth += 1
        elif text[index] in ")]}":
            depth -= 1
            if depth == 0:
                return index + 1
        index += 1
    raise TableError(f"a bracket without partner: {text[at:at + 40]}")


def outside(text):
    """The places of `text` that are in no bracket, string or comment."""
    index = 0
    while index < len(text):
        after = skipped(text, index)
        if after == index and text[index] in "([{":
            yield index
            after = end_of_group(text, index)
        if after != index:
            index = after
            continue
        yield index
        index += 1


def split(text, separator):
    """The parts of `text` between separators outside of brackets."""
    parts, begin = [], 0
    for index in outside(text):
        if index >= begin and text.startswith(separator, index):
            parts.append(text[begin:index])
            begin = index + len(separator)
    return parts + [text[begin:]]


def arguments(text):
    """Label, or None, and expression of each argument between two brackets."""
    found = []
    for part in split(text, ","):
        part = part.strip()
        if part:
            label = re.match(r"(\w+):\s*(?!:)", part)
            found.append((label and label.group(1), part[label.end():] if label else part))
    return found


def block(text, match):
    """What is between the braces of which the match ends with the first."""
    return text[match.end():end_of_group(text, match.end() - 1) - 1]


# Values ---------------------------------------------------------------------------------------------------------------


class Scope:
    """What names stand for where an expression is: those of the arm for themselves, parameters for their arguments."""

    def __init__(self, table, values=None):
        self.table, self.values = table, values or {}

    def texts(self, expression):
        """The texts that an expression can be, as Markdown, with … for what is not known here; none for nil."""
        expression = expression.strip()
        while expression.startswith("(") and end_of_group(expression, 0) == len(expression):
            expression = expression[1:-1].strip()
        if expression == "nil":
            return []
        branches = ternary(expression)
        if branches:
            return unique(text for branch in branches for text in self.texts(branch))
        for separator in ("??", " + ", "\n+ "):
            parts = split(re.sub(r"\n\s+", "\n", expression), separator)
            if len(parts) > 1 and separator == "??":
                return unique(text for part in parts for text in self.texts(part))
            if len(parts) > 1:
                texts = [""]
                for part in parts:
                    texts = [head + tail for head in texts for tail in self.texts(part) or [""]]
                return unique(texts)
        if expression[:1] in ('"', "#") and end_of_string(expression, 0) == len(expression):
            return self.literal(expression)
        mapped = re.match(r"[\w.]+\.map\s*\{", expression)
        if mapped and end_of_group(expression, mapped.end() - 1) == len(expression):
            return self.texts(block(expression, mapped))
        named = re.fullmatch(r"(?:Self\.)?(\w+)", expression)
        if named and named.group(1) in self.values:
            value, scope = self.values[named.group(1)]
            return scope.texts(value)
        if named and named.group(1) in self.table.constants:
            return self.texts(self.table.constants[named.group(1)])
        return ["…"]

    def literal(self, expression):
        """A literal, with its interpolations as far as they are literals of their own."""
        pound = re.match("#*", expression).group()
        quote = '"""' if expression[len(pound):].startswith('"""') else '"'
        body = expression[len(pound + quote):len(expression) - len(pound + quote)]
        texts, plain, index = [""], "", 0
        while index < len(body):
            if body.startswith("\\" + pound + "(", index):
                begin = index + 1 + len(pound)
                index = end_of_group(body, begin)
                inner = body[begin + 1:index - 1].strip()
                named = re.fullmatch(r"[a-z]\w*", inner) and inner not in ("expected", "found")
                bound = named and inner not in self.values and inner not in self.table.constants
                pieces = [f"*{inner}*"] if bound else self.texts(inner) or [""]
                texts, plain = [text + escaped(plain) + piece for text in texts for piece in pieces], ""
            elif body[index] == "\\" and not pound:
                plain += {"n": " ", "t": " "}.get(body[index + 1], body[index + 1])
                index += 2
            else:
                plain += body[index]
                index += 1
        return unique(text + escaped(plain) for text in texts)


def ternary(expression):
    """Both branches of `condition ? a : b`; nil for another expression."""
    places = list(outside(expression))
    question = next((i for i in places if re.match(r"\s\?\s", expression[i:i + 3])), None)
    if question is None:
        return None
    depth = 0
    for index in places:
        if index <= question:
            continue
        if re.match(r"\s\?\s", expression[index:index + 3]):
            depth += 1
        elif re.match(r"\s:\s", expression[index:index + 3]):
            if depth == 0:
                return expression[question + 3:index], expression[index + 3:]
            depth -= 1
    return None


def paragraph(lines):
    """The first paragraph of a comment; what follows is for who reads the source."""
    text = "\n".join(lines).split("\n\n")[0].replace("\n", " ").replace("``", "`")
    if CODE.search(text):
        raise TableError(f"a code stands in its table alone, not in comments: {text}")
    return text


def escaped(text):
    """A text as Markdown, of which nothing is markup."""
    text = re.sub(r"[\\*<|]", r"\\\g<0>", text)
    return re.sub(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])", r"\\_", text)


def unique(values):
    return list(dict.fromkeys(values))


# Tables ---------------------------------------------------------------------------------------------------------------


class Table:
    """An enum that is a `CambiumError`."""

    def __init__(self, name, path, body):
        self.name, self.path = name, path
        self.comments, self.codes = {}, {}
        self.constants, self.functions, self.arms = {}, {}, {}
        self.read_cases(body)

    def read_cases(self, body):
        comment = []
        for text in own_lines(body):
            stripped = text.strip()
            if stripped.startswith("///"):
                comment.append(stripped[3:].strip())
                continue
            match = re.match(r"(?:indirect )?case (\w+)", stripped)
            if match:
                self.comments[match.group(1)] = paragraph(comment)
            if stripped:
                comment = []
        # Codes that are the raw values of a part.
        for part in re.finditer(r"enum (\w+): String[^{]*\{", body):
            raw, words = block(body, part), []
            for line in raw.splitlines():
                line = line.strip()
                if line.startswith("///"):
                    words.append(line[3:].strip())
                    continue
                match = re.match(r'case (\w+) = "(E_\w+)"', line)
                if match:
                    self.codes[match.group(2)] = paragraph(words)
                words = []

    def add(self, body):
        """Reads helpers and arms from the enum's own body, or from an extension's."""
        for match in re.finditer(r"static let (\w+)(?:: String)? =\s*", body):
            end = match.end()
            if body[end] in '"#':
                self.constants[match.group(1)] = whole_expression(body, end)
        for match in re.finditer(r"func (\w+)\(", body):
            after = end_of_group(body, match.end() - 1)
            result = re.match(r"\s*-> Diagnostic\s*\{", body[after:])
            if result:
                inside = body[after + result.end():end_of_group(body, after + result.end() - 1) - 1]
                self.functions[match.group(1)] = (body[match.end():after - 1], inside)
        found = re.search(r"var diagnostic: Diagnostic\s*\{", body)
        if not found:
            return
        inside = block(body, found)
        switch = re.search(r"switch self\s*\{", inside)
        if not switch:
            raise TableError(f"{self.path}: {self.name}.diagnostic is no switch over its cases")
        arms = block(inside, switch)
        if re.search(r"^\s*default:", arms, re.M):
            raise TableError(f"{self.path}: {self.name}.diagnostic has a default: its cases are not all there")
        starts = [i for i in outside(arms) if re.match(r"case \.", arms[i:i + 6])]
        for begin, end in zip(starts, starts[1:] + [len(arms)]):
            arm = arms[begin:end]
            colon = next(i for i in outside(arm) if arm[i] == ":")
            names = re.findall(r"\.(\w+)", arm[:colon])
            for name in names:
                self.arms[name] = arm[colon + 1:]

    def rows(self):
        """The rows of the cases, in the enum's order; none for a case that is another table's."""
        missing = set(self.comments) - set(self.arms)
        if missing:
            raise TableError(f"{self.path}: no arm for {', '.join(sorted(missing))}")
        found = []
        for case, comment in self.comments.items():
            place = f"{self.path}: {self.name}.{case}"
            expression = last_expression(self.arms[case])
            if re.match(r"(?:\w+)\.\w+\([^\n]*\)\.diagnostic", expression):
                # Said by another table, which has the row.
                continue
            if not comment:
                raise TableError(f"{place} has no comment, which the page is made of")
            found += self.called(expression, Scope(self), case, comment, place)
        return found

    def called(self, expression, scope, case, comment, place):
        match = re.match(r"(?:Self|" + self.name + r")?\.?(\w+)\s*\(", expression)
        if not match:
            raise TableError(f"{place} is no call: {expression[:60]}")
        name = match.group(1)
        given = arguments(expression[match.end():end_of_group(expression, match.end() - 1) - 1])
        if name in ("Diagnostic", "fault"):
            return self.said(given, scope, name == "fault", case, comment, place)
        if name not in self.functions:
            raise TableError(f"{place} calls {name}, which is no function of the table that returns a Diagnostic")
        parameters, body = self.functions[name]
        values, rest = {}, list(given)
        for parameter in split(parameters, ","):
            label, inner, _, default = re.match(
                r"\s*(\w+)(?:\s+(\w+))?\s*:\s*([^=]+?)(?:=\s*(.*))?$", parameter, re.S).groups()
            inner = inner or label
            at = next((i for i, a in enumerate(rest) if a[0] == (None if label == "_" else label)), None)
            if at is not None:
                values[inner] = (rest.pop(at)[1], scope)
            elif default:
                values[inner] = (default, Scope(self))
            else:
                raise TableError(f"{place}: {name} is called without {inner}")
        return self.called(last_expression(body), Scope(self, values), case, comment, place)

    def said(self, given, scope, is_fault, case, comment, place):
        first = given[0][1].strip()
        labelled = {label: value for label, value in given if label}
        if "exit" in labelled:
            statuses = unique(re.findall(r"\.(\w+)", resolved(labelled["exit"], scope)))
        else:
            statuses = ["failure"]
        while first in scope.values:
            first, scope_of_code = scope.values[first]
            first = first.strip()
        codes = {first.strip('"'): comment} if first.startswith('"') else self.codes
        if not codes or not all(CODE.fullmatch(code) for code in codes):
            raise TableError(f"{place}: {first} is no code")
        texts = {key: scope.texts(labelled[key]) if key in labelled else [] for key in ("expected", "next")}
        return [
            Row(self.name, case, place, code, statuses, is_fault, words or comment, texts["expected"],
                [FAULT] if is_fault else texts["next"])
            for code, words in codes.items()
        ]


def resolved(expression, scope):
    name = expression.strip()
    return resolved(*scope.values[name]) if name in scope.values else name


def own_lines(body):
    """The lines of an enum that begin in none of its inner braces."""
    inner_ends, index = 0, 0
    for line in body.splitlines(keepends=True):
        if index >= inner_ends:
            yield line
            if not line.strip().startswith("//"):
                at = index
                while at < index + len(line):
                    after = skipped(body, at)
                    if after == at and body[at] in "([{":
                        after = end_of_group(body, at)
                    at = max(after, at + 1)
                inner_ends = at
        index += len(line)


def whole_expression(body, at):
    """The literal at `at`, with those that are added to it."""
    end = end_of_string(body, at)
    more = re.match(r"\s*\+\s*(?=[\"#])", body[end:])
    return body[at:end] + (" + " + whole_expression(body, end + more.end()) if more else "")


def last_expression(body):
    """What an arm or a function returns."""
    body = body.strip()
    returns = [i for i in outside(body) if body.startswith("return ", i)]
    if returns:
        return body[returns[-1] + len("return "):].strip()
    return body


def statuses():
    """The exit statuses by their names."""
    text = (ROOT / "Sources/Diagnostics/Diagnostic.swift").read_text()
    return {name: int(value) for name, value in re.findall(r"^  case (\w+) = (\d+)$", text, re.M)}


def sources():
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "Sources/*.swift"],
        cwd=ROOT, check=True, capture_output=True)
    names = sorted(name for name in listed.stdout.decode().split("\0") if name)
    return {name: (ROOT / name).read_text() for name in names if (ROOT / name).exists()}


def read(files):
    """The tables by their names, and the rows of all of them; `files` are texts by their paths."""
    tables = {}
    for path, text in files.items():
        for match in re.finditer(r"^(?:public |package )?(enum|struct) (\w+): ([^{\n]*)\{", text, re.M):
            kind, name, kinds = match.groups()
            if "CambiumError" not in kinds:
                continue
            if kind != "enum":
                raise TableError(f"{path}: {name} is a CambiumError and no enum")
            tables[name] = Table(name, path, block(text, match))
            tables[name].add(block(text, match))
    for path, text in files.items():
        for match in re.finditer(r"^(?:(?:public|package|private|fileprivate) )?extension (\w+)[^{\n]*\{", text, re.M):
            if match.group(1) in tables:
                tables[match.group(1)].add(block(text, match))
    return tables, [row for table in tables.values() for row in table.rows()]
