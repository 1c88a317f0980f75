"""VoxCeleb as its publishers lay it out: a folder for each part, and SPEAKER/VIDEO/NNNNN.wav, or .m4a, below it."""

import glob
import re
import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from cortado.datadir import utt2spk_to_spk2utt, write_table
from cortado.errors import CortadoError, DataError

RECORDING = re.compile(r"(id\d{5})/([^/\s]+)/(\d{5})\.(?:wav|m4a)")
# As the archives unpack beside one another, and as people sort them.
FOLDERS = {
    "vox1 dev": ("vox1_dev_wav/wav", "dev/wav"),
    "vox1 test": ("vox1_test_wav/wav", "test/wav"),
    "vox2 dev": ("dev/wav", "dev/aac"),
}


class Utterance(NamedTuple):
    """name: speaker, video and number with a dash between them; the speaker's comes first, so both sort alike."""

    name: str
    speaker: str


def parse_recording(path: str) -> Utterance | None:
    """The utterance that 'id10270/5r0dWxy17C8/00001.wav' is; None for a path of another form."""
    match = RECORDING.fullmatch(path)
    return Utterance("-".join(match.groups()), match[1]) if match else None


def find_folder(corpus: str, part: str) -> Path:
    """The folder that holds the speakers of "vox1 dev", "vox1 test" or "vox2 dev", absolute."""
    option = f"--{part.split()[0]}"
    if not corpus:
        raise CortadoError(f"{option} is needed: the folder with {part} in {' or '.join(FOLDERS[part])} below it")
    for name in FOLDERS[part]:
        if (Path(corpus) / name).is_dir():
            return (Path(corpus) / name).absolute()
    raise CortadoError(f"{option} {corpus}: no folder {' or '.join(FOLDERS[part])} below it, which would hold {part}")


def find_utterances(folder: Path) -> dict[Utterance, Path]:
    """Every recording below a folder of find_folder; of one that is there as .wav and as .m4a, the .wav."""
    found = {}
    for path in sorted(glob.glob("*/*/*.*", root_dir=folder)):  # noqa: PTH207 a million Path objects would be slow
        utterance = parse_recording(path)
        if utterance:
            found[utterance] = folder / path  # .wav sorts behind .m4a
        elif path.endswith((".wav", ".m4a")):
            raise DataError(folder / path, "expected SPEAKER/VIDEO/NNNNN.wav or .m4a, as in id10270/5r0dWxy17C8/00001.wav")
    if not found:
        raise CortadoError(f"{folder}: no SPEAKER/VIDEO/NNNNN.wav or .m4a below it")
    return found


def write_data_dir(folder: Path, utterances: Mapping[Utterance, Path]) -> None:
    """wav.scp, utt2spk and spk2utt. AAC is decoded by a pipe; raises CortadoError where there is no ffmpeg for it."""
    if any(path.suffix == ".m4a" for path in utterances.values()) and not shutil.which("ffmpeg"):
        raise CortadoError(
            "the recordings are AAC (.m4a) and there is no ffmpeg on the PATH to decode them: install it, or convert to .wav"
        )
    utt2spk = {utterance.name: utterance.speaker for utterance in utterances}
    write_table(folder / "wav.scp", {utterance.name: rxfile(path) for utterance, path in utterances.items()})
    write_table(folder / "utt2spk", utt2spk)
    write_table(folder / "spk2utt", {speaker: " ".join(names) for speaker, names in utt2spk_to_spk2utt(utt2spk).items()})


def rxfile(path: Path) -> str:
    """What wav.scp says of a recording: the file itself, or the pipe that makes 16 kHz WAV of AAC."""
    if path.suffix == ".wav":
        return str(path)
    return f"ffmpeg -nostdin -v error -i {shlex.quote(str(path))} -ac 1 -ar 16000 -f wav - |"
