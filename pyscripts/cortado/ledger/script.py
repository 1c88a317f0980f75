"""What the text of a run.sh says: its stages, and which options each of them depends on."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cortado.errors import DataError

HEADING = re.compile(r"""(?P<indent>\s*)if stage (?P<number>-?\d+) (?:"(?P<double>(?:[^"\\]|\\.)*)"|'(?P<single>[^']*)')""")
ONE_LINE = re.compile(r"\bfi\s*(?:#.*)?$")
INSIDE = re.compile(r"\s|(?:done|fi|esac|else|elif|\}|\))(?!\w)|$")  # of a compound command that began further up
OPTIONS_READ = re.compile(r"(?:\.|source)\s.*parse_options\.sh")

NAME = r"[A-Za-z_]\w*"
EXPANSION = re.compile(rf"\$(?:\{{[#!]?)?({NAME})")
ARITHMETIC = re.compile(r"\(\((.*?)\)\)", re.DOTALL)
ASSIGNMENT = re.compile(rf"(?:^|[\s;&|(])({NAME})(?:\[[^\]]*\])?\+?=|\bfor\s+({NAME})|\bprintf\s+-v\s+({NAME})", re.MULTILINE)
READING = re.compile(r"\b(?:read|mapfile|readarray)\b([^|;&<\n]*)")
CALL = re.compile(r"(?:^|[\s;&|({])([\w.-]+)(?=$|[\s;&|)}])", re.MULTILINE)
FUNCTION = re.compile(r"^\s*(?:function\s+)?([\w.-]+)\s*\(\)", re.MULTILINE)


@dataclass(frozen=True)
class Stage:
    """A stage of run.sh: what stands between `if stage N "title"` and its `fi`, without comments and indentation."""

    number: int
    title: str
    code: str


@dataclass(frozen=True)
class Script:
    """A run.sh: its stages in order, and `shared`, the paragraphs of code outside of them behind parse_options.sh."""

    path: Path
    stages: Mapping[int, Stage]
    shared: tuple[str, ...]

    def code_of(self, number: int) -> str:
        """The stage's code, and the shared paragraphs that set a variable or define a function that it names, and so on."""
        code, left = self.stages[number].code, list(self.shared)
        while needed := [paragraph for paragraph in left if _gives(paragraph) & _takes(code)]:
            left = [paragraph for paragraph in left if paragraph not in needed]
            code = "\n".join([code, *needed])
        return code

    def commands_md5(self, number: int) -> str:
        """MD5 of `code_of` the stage. Titles, comments and indentation do not count."""
        return hashlib.md5(self.code_of(number).encode(errors="surrogateescape"), usedforsecurity=False).hexdigest()

    def options_of(self, number: int, options: Mapping[str, str]) -> dict[str, str]:
        """Those of `options` (name -> value) that `code_of` the stage names: all that its results can depend on.

        `nj` and `..._nj` never count: results do not depend on the number of jobs.
        """
        named = _variables(self.code_of(number))
        return {name: value for name, value in options.items() if name in named and name != "nj" and not name.endswith("_nj")}


def read_script(path: Path) -> Script:
    """The run.sh at `path`. Raises DataError when two of its stages have the same number."""
    lines = path.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    start = max((index + 1 for index, line in enumerate(lines) if OPTIONS_READ.match(line)), default=0)
    stages: dict[int, Stage] = {}
    outside = []
    rest = iter(enumerate(lines[start:], start + 1))
    for position, line in rest:
        heading = HEADING.match(line)
        if heading is None:
            outside.append(line)
            continue
        number, title = int(heading["number"]), heading["double"] or heading["single"] or ""
        if number in stages:
            raise DataError(path, f"there is a stage {number} further up", position)
        block = [line[heading.end() :]]
        if not ONE_LINE.search(line):
            block += _lines_to(f"{heading['indent']}fi", (line for _, line in rest))
        stages[number] = Stage(number, title, _code(block))
        outside.append("")
    return Script(path, dict(sorted(stages.items())), tuple(_paragraphs(outside)))


def _lines_to(end: str, lines: Iterable[str]) -> list[str]:
    block = []
    for line in lines:
        block.append(line)
        if re.match(rf"{end}\b", line):
            break
    return block


def _paragraphs(lines: Iterable[str]) -> Iterator[str]:
    """Code between blank lines. A blank line within a loop or a function, before a line that is indented or ends it, does not count."""
    paragraph: list[str] = []
    after_blank = False
    for line in lines:
        if after_blank and not INSIDE.match(line):
            yield _code(paragraph)
            paragraph = []
        paragraph.append(line)
        after_blank = not line.strip()
    yield _code(paragraph)


def _code(lines: Iterable[str]) -> str:
    stripped = (line.strip() for line in lines)
    return "\n".join(line for line in stripped if line and not line.startswith("#"))


def _takes(code: str) -> set[str]:
    """'$name' of the variables whose values the code takes, and the words that may call a function."""
    return {*(f"${name}" for name in _variables(code)), *CALL.findall(code)}


def _gives(code: str) -> set[str]:
    """'$name' of the variables that the code sets, and the names of the functions that it defines."""
    names = {name for groups in ASSIGNMENT.findall(code) for name in groups if name}
    for words in (*READING.findall(code), *ARITHMETIC.findall(code)):
        names.update(re.findall(rf"(?<![-\w]){NAME}", words))
    return {*(f"${name}" for name in names), *FUNCTION.findall(code)}


def _variables(code: str) -> set[str]:
    """Names after $ and ${, and between (( and ))."""
    return {*EXPANSION.findall(code), *re.findall(NAME, " ".join(ARITHMETIC.findall(code)))}
