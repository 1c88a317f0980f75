"""What the value on one line of a data-directory file must look like."""

from collections.abc import Callable

from cortado.datadir.datadir import parse_segment

# Kaldi's own symbols, which no transcript may hold.
RESERVED_WORDS = {"<s>", "</s>", "#0"}


def value_problem(name: str, value: str, non_print: bool = False) -> str | None:
    """Why `value` cannot stand in the file `name`, or None; `non_print` allows text to hold unprintable characters."""
    if name == "text" and non_print:
        return _reserved_word(value)
    check = CHECKS.get(name)
    return check(value) if check else None


def _one_field(value: str) -> str | None:
    return f"expected two fields, found {len(value.split()) + 1}" if " " in value or "\t" in value else None


def _positive_seconds(value: str) -> str | None:
    try:
        good = 0 < float(value) < float("inf")
    except ValueError:
        good = False
    return None if good else f"'{value}' is not a positive number of seconds"


def _positive_count(value: str) -> str | None:
    return None if value.isascii() and value.isdigit() and int(value) > 0 else f"'{value}' is not a positive number of frames"


def _gender(value: str) -> str | None:
    return None if value in ("m", "f") else f"'{value}' is neither m nor f"


def _segment(value: str) -> str | None:
    try:
        parse_segment(value)
    except ValueError as error:
        return str(error)
    return None


def _reserved_word(value: str) -> str | None:
    reserved = RESERVED_WORDS.intersection(value.split(" ")) if "<" in value or "#" in value or "/" in value else None
    return f"the text holds {sorted(reserved)[0]}, which is reserved" if reserved else None


def _text(value: str) -> str | None:
    if not value.isprintable():
        odd = next(character for character in value if not character.isprintable())
        if odd != "\t":
            return f"the text holds the unprintable character {odd!r} (--non-print allows it)"
    return _reserved_word(value)


CHECKS: dict[str, Callable[[str], str | None]] = {
    "utt2spk": _one_field,
    "utt2rec": _one_field,
    "utt2lang": _one_field,
    "utt2uniq": _one_field,
    "utt2dur": _positive_seconds,
    "reco2dur": _positive_seconds,
    "utt2num_frames": _positive_count,
    "spk2gender": _gender,
    "segments": _segment,
    "text": _text,
}
