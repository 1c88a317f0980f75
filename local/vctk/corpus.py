"""VCTK as its publishers lay it out, versions 0.92 and 0.80."""

import re
from pathlib import Path
from typing import NamedTuple

from cortado.errors import CortadoError, DataError

# Folder of the recordings, their glob, and their names: speaker and number. Of 0.92 the first of two microphones.
LAYOUTS = {
    "wav48_silence_trimmed": ("*/*_mic1.flac", re.compile(r"([ps]\d+)_(\d+)_mic1")),
    "wav48": ("*/*.wav", re.compile(r"([ps]\d+)_(\d+)")),
}


class Utterance(NamedTuple):
    name: str
    speaker: str
    path: Path


def find_utterances(corpus: Path) -> list[Utterance]:
    """Every utterance, sorted by name: p225-001 and so on. Raises DataError for a recording that is not its folder's."""
    folder = next((corpus / name for name in LAYOUTS if (corpus / name).is_dir()), None)
    if folder is None:
        raise CortadoError(f"--corpus '{corpus}': no folder {' or '.join(LAYOUTS)} below it; give the folder that holds speaker-info.txt")
    pattern, name = LAYOUTS[folder.name]
    utterances = []
    for path in folder.absolute().glob(pattern):
        match = name.fullmatch(path.stem)
        if not match or match[1] != path.parent.name:
            raise DataError(path, f"expected {folder.name}/SPEAKER/SPEAKER_NUMBER{pattern[3:]}, as in p225/p225_001{pattern[3:]}")
        utterances.append(Utterance(f"{match[1]}-{match[2]}", match[1], path))
    if not utterances:
        raise CortadoError(f"{folder}: no {pattern} below it")
    return sorted(utterances)


def read_genders(path: Path) -> dict[str, str]:
    """Speaker -> f or m, of speaker-info.txt. 0.80 writes speakers without their p, and both leave out a speaker or two."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise CortadoError(f"--corpus: cannot read {path}: {error.strerror}") from None
    genders = {}
    for number, line in enumerate(lines, 1):
        fields = line.split()
        if not fields or fields[0] == "ID":
            continue
        if len(fields) < 3 or fields[2] not in ("F", "M"):
            raise DataError(path, f"expected ID AGE F|M ..., found '{line}'", number)
        genders[fields[0] if fields[0][0] in "ps" else f"p{fields[0]}"] = fields[2].lower()
    return genders
