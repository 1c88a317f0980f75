"""Arrays and tables as text for a terminal."""

import textwrap
import unicodedata
from collections.abc import Iterator, Sequence

import numpy as np

_NUMBER = 9  # characters for the number of a row


def align(rows: Sequence[Sequence[str]], left: int) -> Iterator[str]:
    """Lines with the cells of each column under each other: the first `left` columns flush left, the others flush right."""
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = []
        for column, (cell, width) in enumerate(zip(row, widths, strict=True)):
            fill = " " * (width - _width(cell))
            cells.append(cell + fill if column < left else fill + cell)
        yield "  ".join(cells).rstrip()


def format_number(value: float) -> str:
    """Four significant digits, whole numbers as they are; '-' for NaN, which here stands for 'there is none'."""
    if np.isnan(value):
        return "-"
    return f"{value:.0f}" if value == int(value) and abs(value) < 1e7 else f"{value:.4g}"


def format_rows(array: np.ndarray, count: int, width: int) -> Iterator[str]:
    """The first `count` rows, numbered from 0, in lines of at most `width` characters.

    A vector runs on over the lines, each numbered by its first value. A matrix has a line for a row, its middle left out where
    it does not fit. A volume has a small picture in numbers for each frame.
    """
    if array.ndim > 2:
        return _format_frames(array[:count])
    if array.ndim == 2:
        return _format_matrix(array[:count], width)
    return _format_vector(array.reshape(-1), count, width)


def _format_frames(frames: np.ndarray) -> Iterator[str]:
    for number, frame in enumerate(frames):
        yield f"frame {number}"
        yield textwrap.indent(np.array2string(frame, threshold=0, edgeitems=3), "  ")


def _format_matrix(rows: np.ndarray, width: int) -> Iterator[str]:
    words = [[_format_value(value) for value in row] for row in rows]
    cell, per_line = _fit(words, width)
    for number, row in enumerate(words):
        yield _numbered(number, _leave_out_middle(row, per_line), cell)


def _format_vector(values: np.ndarray, count: int, width: int) -> Iterator[str]:
    words = [_format_value(value) for value in values[: count * width]]
    cell, per_line = _fit([words], width)
    for start in range(0, min(len(words), count * per_line), per_line):
        yield _numbered(start, words[start : start + per_line], cell)


def _fit(words: list[list[str]], width: int) -> tuple[int, int]:
    """Characters that the longest word needs with its space, and how many such words go into a line after its number."""
    cell = 1 + max((len(word) for row in words for word in row), default=0)
    return cell, max(1, (width - _NUMBER) // cell)


def _numbered(number: int, words: list[str], cell: int) -> str:
    return f"{number:>{_NUMBER - 1}} " + "".join(f"{word:>{cell}}" for word in words)


def _format_value(value) -> str:
    return str(value) if isinstance(value, np.integer) else f"{value:.4g}"


def _leave_out_middle(words: list[str], most: int) -> list[str]:
    if len(words) <= most:
        return words
    tail = max(1, most // 3)
    return [*words[: max(1, most - tail - 1)], "...", *words[-tail:]]


def _width(text: str) -> int:
    """Columns that a terminal gives to `text`: two for a wide East Asian character, none for a combining mark."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
