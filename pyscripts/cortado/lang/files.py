"""The lists of phones and words in a lang folder: .int files hold numbers, .txt files the same in symbols, .csl files one line with colons.

Every reader raises DataError with file and line for another form, and for a number or symbol that its table does not have.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from cortado.errors import DataError
from cortado.lang.lexicon import read_lexicon
from cortado.lang.rows import read_rows, write_rows
from cortado.lang.symbols import SymbolTable

BOUNDARIES = ("nonword", "begin", "end", "internal", "singleton")


class WordPhones(NamedTuple):
    """A way to say a word, in numbers: `log_prob` is the natural logarithm of its probability, at most 0."""

    word: int
    log_prob: float
    phones: tuple[int, ...]


class Root(NamedTuple):
    """Phones that share a root of the decision tree. `shared`: so do the states of their HMM. `split`: the tree may ask below it."""

    shared: bool
    split: bool
    phones: list[int]


def read_lists(path: Path, table: SymbolTable, may_be_empty: bool = False) -> list[list[int]]:
    """The numbers of each line."""
    return [_numbers(path, line, fields, table) for line, fields in read_rows(path, may_be_empty)]


def read_column(path: Path, table: SymbolTable) -> list[int]:
    """The one number of each line."""
    lists = read_lists(path, table)
    for line, numbers in enumerate(lists, 1):
        if len(numbers) != 1:
            raise DataError(path, f"expected one number, found {len(numbers)}", line)
    return [number for (number,) in lists]


def read_one(path: Path, table: SymbolTable) -> int:
    """The number of a file that holds only one."""
    numbers = read_column(path, table)
    if len(numbers) != 1:
        raise DataError(path, f"expected one line, found {len(numbers)}", 2)
    return numbers[0]


def read_roots(path: Path, phones: SymbolTable) -> list[Root]:
    """roots.int: 'shared' or 'not-shared', 'split' or 'not-split', and phones."""
    roots = []
    for line, fields in read_rows(path):
        if len(fields) < 3 or fields[0] not in ("shared", "not-shared") or fields[1] not in ("split", "not-split"):
            raise DataError(path, "expected 'shared' or 'not-shared', 'split' or 'not-split', and phones", line)
        roots.append(Root(fields[0] == "shared", fields[1] == "split", _numbers(path, line, fields[2:], phones)))
    return roots


def read_word_boundary(path: Path, phones: SymbolTable) -> dict[int, str]:
    """word_boundary.int: each phone with its place in the word, one of BOUNDARIES."""
    boundary: dict[int, str] = {}
    for line, fields in read_rows(path):
        if len(fields) != 2 or fields[1] not in BOUNDARIES:
            raise DataError(path, f"expected a phone and one of {', '.join(BOUNDARIES)}", line)
        (phone,) = _numbers(path, line, fields[:1], phones)
        if phone in boundary:
            raise DataError(path, f"phone {phone} is given twice", line)
        boundary[phone] = fields[1]
    return boundary


def read_pronunciations(path: Path, words: SymbolTable, phones: SymbolTable) -> list[WordPhones]:
    """lexiconp.txt in numbers."""
    entries = []
    for line, (word, probability, symbols) in enumerate(read_lexicon(path), 1):
        for table, symbol in [(words, word), *((phones, symbol) for symbol in symbols)]:
            if symbol not in table:
                raise DataError(path, f"{symbol} is not in {table.path}", line)
        entries.append(WordPhones(words[word], math.log(probability), tuple(phones[symbol] for symbol in symbols)))
    return entries


def read_sil_prob(path: Path) -> float:
    """The probability of silence between two words: from 0 to below 1."""
    for line, fields in read_rows(path):
        try:
            value = float(fields[0])
        except ValueError:
            value = -1.0
        if len(fields) > 1 or not 0 <= value < 1:
            raise DataError(path, f"expected a probability from 0 to below 1, found '{' '.join(fields)}'", line)
    return value


def write_lists(stem: Path, lists: Iterable[Sequence[int]], table: SymbolTable) -> None:
    """stem.int and stem.txt."""
    lists = list(lists)
    write_rows(f"{stem}.int", lists)
    write_rows(f"{stem}.txt", (map(table.symbol, numbers) for numbers in lists))


def write_column(stem: Path, numbers: Iterable[int], table: SymbolTable) -> None:
    """stem.int and stem.txt with one number or symbol on a line, and stem.csl."""
    numbers = list(numbers)
    write_lists(stem, [[number] for number in numbers], table)
    write_rows(f"{stem}.csl", [[":".join(map(str, numbers))]])


def write_roots(stem: Path, roots: Iterable[Root], phones: SymbolTable) -> None:
    for suffix, name in (("int", str), ("txt", phones.symbol)):
        rows = (["shared" if shared else "not-shared", "split" if split else "not-split", *map(name, own)] for shared, split, own in roots)
        write_rows(f"{stem}.{suffix}", rows)


def write_word_boundary(stem: Path, boundary: Mapping[int, str], phones: SymbolTable) -> None:
    """stem.int and stem.txt, or neither if no phone knows its place."""
    for suffix, name in (("int", str), ("txt", phones.symbol)):
        if boundary:
            write_rows(f"{stem}.{suffix}", ((name(phone), place) for phone, place in boundary.items()))
        else:
            Path(f"{stem}.{suffix}").unlink(missing_ok=True)


def _numbers(path: Path, line: int, fields: Sequence[str], table: SymbolTable) -> list[int]:
    for field in fields:
        if not (field.isascii() and field.isdigit() and field != "0" and table.has_number(int(field))):
            raise DataError(path, f"'{field}' is not the number of a symbol of {table.path}", line)
    return [int(field) for field in fields]
