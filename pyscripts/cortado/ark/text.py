"""Kaldi's text form of matrices, vectors and int vectors: ` [ 1 2 ]` or a line of integers."""

import numpy as np

from cortado.ark.format import FormatError


def parse_text(text: bytes) -> np.ndarray:
    """The array in the text of one object (all that follows its key).

    ` [ 1 2 3 ]` is a float32 vector, ` [\\n 1 2\\n 3 4 ]` a float32 matrix, `1 2 3` an int32 vector (a float32 one where
    some value is no integer). Raises FormatError.
    """
    body = text.strip()
    if body.startswith(b"[") and not body.endswith(b"]"):
        raise FormatError("the file ends within a matrix or vector in text form: its ']' is missing")
    try:
        return _parse_brackets(body[1:-1]) if body.startswith(b"[") else _parse_line(body.split())
    except (ValueError, OverflowError) as error:
        raise FormatError(f"not a matrix or vector in Kaldi's text form: {error}") from None


def _parse_line(words: list[bytes]) -> np.ndarray:
    try:
        return np.array([int(word) for word in words], dtype=np.int32)
    except ValueError:
        return np.array(words, dtype="S").astype(np.float32)


def _parse_brackets(inside: bytes) -> np.ndarray:
    rows = [row.split() for row in inside.strip().split(b"\n")] if inside.strip() else []
    if b"\n" not in inside:
        return np.array(rows[0] if rows else [], dtype="S").astype(np.float32)
    for index, row in enumerate(rows):
        if len(row) != len(rows[0]):
            raise ValueError(f"row {index} has {len(row)} values, row 0 has {len(rows[0])}")
    return np.array(rows, dtype="S").astype(np.float32).reshape(len(rows), -1 if rows else 0)


def format_text(array: np.ndarray) -> str:
    """The text of one object as Kaldi's `ark,t:` writes it after the key and a space, newline included.

    Kaldi prints seven digits; here a number has as many as give the same float32 or float64 back, and always a point,
    by which kaldiio's reader tells float from int.
    """
    if array.dtype == np.int32 and array.ndim == 1:
        return "".join(f"{value} " for value in array.tolist()) + "\n"
    if array.dtype.kind != "f" or array.ndim not in (1, 2):
        raise FormatError(f"Kaldi has no text form for {array.dtype} of {array.ndim} dimensions")
    if array.ndim == 1:
        return f" [ {_format_floats(array)}]\n"
    if array.size == 0:
        return " [ ]\n"
    return " [" + "".join(f"\n  {_format_floats(row)}" for row in array) + "]\n"


def _format_floats(values: np.ndarray) -> str:
    """'0.5 1.0e-05 nan ': the shortest digits that give the same number, each followed by a space."""
    words = values.astype("U32").tolist()
    return "".join(f"{word.replace('e', '.0e') if 'e' in word and '.' not in word else word} " for word in words)
