"""Recordings of corpusCOFLA: its metadata, as published for its open part cante100, and where the audio of each track is.

The metadata are XML: <track id="91"> elements with <artist>, <style>, and, made by hand for cante100, <style_family>. Audio files begin with the
track's number in three digits and an underscore.
"""

import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from cortado.errors import DataError

AUDIO = (".flac", ".mp3", ".ogg", ".wav")
# Words in the name of a style that tell its family, for tracks without <style_family>. An a cappella style's names are many.
WORDS = {"tonas": ("tona", "martinete", "debla", "carcelera"), "fandangos": ("fandango",)}


class Track(NamedTuple):
    """A track of the metadata; `singer` and `family` are without accents, capitals and blanks."""

    number: int
    singer: str
    family: str

    @property
    def name(self) -> str:
        return f"{self.singer}-{self.number:03d}"


def read_tracks(path: Path) -> list[Track]:
    """All tracks, in the order of their numbers. Raises DataError for a file that is not such metadata."""
    try:
        root = ElementTree.parse(path).getroot()
    except (OSError, ElementTree.ParseError) as error:
        raise DataError(path, f"cannot be read: {error}") from None
    tracks = [_read_track(path, element) for element in root.iter("track")]
    if not tracks:
        raise DataError(path, "has no <track>; the metadata of corpusCOFLA have one for each recording, cante100Meta.xml for instance")
    numbers = [track.number for track in tracks]
    if len(set(numbers)) < len(numbers):
        raise DataError(path, f"has track {max(numbers, key=numbers.count)} twice")
    return sorted(tracks)


def _read_track(path: Path, element: ElementTree.Element) -> Track:
    number = element.get("id", "")
    artist, style = (element.findtext(f"meta/{name}", "").strip() for name in ("artist", "style"))
    family = next((found.text for found in element.iter("style_family") if found.text), "")
    if not number.isdigit() or not artist or not (style or family):
        raise DataError(path, f'<track id="{number}"> needs a number, an <artist> and a <style>')
    return Track(int(number), plain(artist), plain(family) if family else family_of(plain(style)))


def plain(name: str) -> str:
    """A name as it may stand in a table: 'Camarón de la Isla' and 'Camarón de La Isla' are camaron_de_la_isla."""
    letters = unicodedata.normalize("NFKD", name.lower())
    return re.sub(r"[^a-z0-9]+", "_", "".join(letter for letter in letters if not unicodedata.combining(letter))).strip("_")


def family_of(style: str) -> str:
    """The family whose word is in the name of a style, or else the name itself."""
    return next((family for family, words in WORDS.items() if any(word in style for word in words)), style)


def find_metadata(corpus: Path) -> Path:
    """The one XML file of the corpus. Raises DataError for none or several."""
    found = sorted(corpus.glob("*.xml"))
    if len(found) != 1:
        what = "no XML file" if not found else f"{len(found)} XML files ({', '.join(path.name for path in found)})"
        raise DataError(corpus, f"has {what}; it should hold the metadata of corpusCOFLA, cante100Meta.xml for instance, and no other")
    return found[0]


def find_audio(corpus: Path) -> dict[int, Path]:
    """Track number -> its audio, anywhere below the corpus. Raises DataError for two files of a track, and where there are none."""
    found: dict[int, Path] = {}
    for path in sorted(corpus.rglob("*")):
        number = re.match(r"(\d+)_", path.name)
        if number and path.suffix.lower() in AUDIO:
            other = found.setdefault(int(number[1]), path)
            if other != path:
                raise DataError(path, f"is the second recording of track {int(number[1])}, after {other}")
    if not found:
        raise DataError(
            corpus, f"has no recording: files NNN_*{{{','.join(AUDIO)}}}, as in the folder cante100audio, which is given on request"
        )
    return found


def choose(tracks: Sequence[Track], styles: Sequence[str]) -> list[Track]:
    """The tracks of these families of styles. Raises DataError for a family that no track has."""
    wanted = [plain(style) for style in styles]
    families = {track.family for track in tracks}
    if unknown := [style for style, name in zip(styles, wanted, strict=True) if name not in families]:
        raise DataError("--styles", f"no track is of '{unknown[0]}'; the families are {', '.join(sorted(families))}")
    return [track for track in tracks if track.family in wanted]
