"""What can be wrong with a clip, and what follows from it: the one place that says which faults drop a clip and which only warn."""

from typing import NamedTuple

from cortado.errors import DataError

DROPS = {
    "unreadable": True,  # no such file, an empty file, no video, no stream of pictures, no picture
    "broken stream": True,  # decoding fails on the way, pictures are marked as damaged, or fewer are there than the header says
    "too short": True,  # for one frame
    "too long": True,  # for the memory; segments cut it
    "no face": True,  # in none of the pictures looked at
    "lost track": True,  # no face for longer than track.LONGEST_GAP
    "damaged pictures": True,  # crops of one even grey, as a decoder shows them that lacks what came before
    "variable rate": False,  # resampled by time, which may hold a picture or leave one out
    "different length": False,  # sound and pictures; the words may still all be in both
}


class Fault(NamedTuple):
    """`kind` is a key of DROPS; `reason` is a clause with figures."""

    kind: str
    reason: str

    @property
    def drops(self) -> bool:
        """Whether the clip cannot be used."""
        return DROPS[self.kind]

    def __str__(self) -> str:
        return f"{self.kind}: {self.reason}"


class ClipError(DataError):
    """A video of which no pictures can be had."""

    def __init__(self, path, kind: str, reason: str):
        super().__init__(path, reason)
        self.fault = Fault(kind, reason)
