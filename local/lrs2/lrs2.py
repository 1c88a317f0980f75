"""LRS2-BBC as its publishers lay it out: clips of single sentences in main/, longer ones with the times of their words in pretrain/.

A clip is SOURCE/NNNNN.mp4, its words are beside it in SOURCE/NNNNN.txt. Lists, train.txt, val.txt, test.txt and pretrain.txt, name the
clips of each set; behind a clip's name may stand more, which is not looked at.
"""

import re
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

from cortado.datadir.table import few, read_list, read_text
from cortado.errors import CortadoError, DataError
from cortado.lang.ctm import Timed

FOLDERS = {"pretrain": "pretrain", "train": "main", "val": "main", "test": "main"}  # set -> where its clips lie
_CLIP = re.compile(r"([^/\s]+)/(\d{5})")
_TEXT, _TIMES = "Text:", "WORD START END"


class Clip(NamedTuple):
    """`source`, a folder of the corpus, stands for the speaker: its clips are of one programme, and mostly of one face."""

    name: str
    source: str
    video: Path

    @property
    def transcript(self) -> Path:
        return self.video.with_suffix(".txt")


def find_corpus(path: Path) -> Path:
    """The folder that holds main/ and pretrain/: `path`, or mvlrs_v1 in it. Raises CortadoError."""
    for folder in (path, path / "mvlrs_v1"):
        if (folder / "main").is_dir():
            return folder.absolute()
    raise CortadoError(f"--corpus '{path}': give the folder of LRS2, mvlrs_v1, which has main/ and pretrain/")


def read_clips(corpus: Path, lists_dir: Path, subset: str) -> list[Clip]:
    """The clips of a set, sorted by name. Raises DataError for a line that names none, and naming those that are not in the corpus."""
    path, folder = lists_dir / f"{subset}.txt", FOLDERS[subset]
    clips = []
    for line, entry in enumerate(read_list(path), 1):
        match = _CLIP.fullmatch(entry)
        if not match:
            raise DataError(path, f"expected SOURCE/NNNNN, as 5535415699068794046/00001, found '{entry}'", line)
        source, number = match.groups()
        # Both folders count from 00001 in each source, so the name has to say which it is.
        clips.append(Clip(f"{source}-{folder[0]}{number}", source, corpus / folder / f"{entry}.mp4"))
    if missing := [clip.video for clip in clips if not clip.video.is_file()]:
        raise DataError(path, f"{len(missing)} of its {len(clips)} clips are not in the corpus: {few(map(str, missing))}")
    return sorted(clips)


def read_words(path: Path) -> list[str]:
    """The words of a clip, as published: capitals, apostrophes, digits. Raises DataError."""
    first, _, _ = read_text(path).partition("\n")
    words = first.removeprefix(_TEXT).split()
    if not first.startswith(_TEXT) or not words:
        raise DataError(path, f"expected '{_TEXT}  WORD ...', found '{first}'", 1)
    return words


def read_word_times(path: Path) -> list[Timed]:
    """The words of a pretrain clip with their times, in their order.

    Raises DataError with the line for times that are no numbers or run backwards, and where they are not those of the text.
    """
    timed: list[Timed] = []
    for number, fields in _time_rows(path):
        try:
            word, start, end = fields[0], float(fields[1]), float(fields[2])
        except (IndexError, ValueError):
            raise DataError(path, f"expected word, start and end, found '{' '.join(fields)}'", number) from None
        if not 0 <= start <= end or (timed and start < timed[-1].start):
            raise DataError(path, f"{word} is from {start:g} to {end:g} s, behind a word at {timed[-1].start if timed else 0:g} s", number)
        timed.append(Timed(start, end, word))
    if [word.label for word in timed] != read_words(path):
        raise DataError(path, f"has times for {len(timed)} words, which are not those of its text")
    return timed


def _time_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """(line number, fields) of the lines behind the table's head, to its end."""
    lines = read_text(path).splitlines()
    head = next((number for number, line in enumerate(lines) if line.startswith(_TIMES)), None)
    if head is None:
        raise DataError(path, f"has no times of its words, which stand behind a line '{_TIMES} ...'")
    rows = ((number, line.split()) for number, line in enumerate(lines[head + 1 :], head + 2))
    return takewhile(lambda row: row[1], rows)
