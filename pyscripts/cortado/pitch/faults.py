"""What can be wrong with a recording, and what follows from it: the one place that says which faults drop it and which only warn."""

from typing import NamedTuple

DROPS = {
    "unreadable": True,  # no such file, empty, cut off, no audio, several channels
    "narrow band": True,  # sampled below recordings.MIN_RATE: partials that tell the octave may be missing
    "not finite": True,  # NaN or infinite samples
    "too short": True,  # for one stretch of singing
    "silent": True,
    "no melody": True,  # unvoiced throughout
    "mostly unvoiced": False,  # perhaps no singing alone
    "clipped": False,  # distorted, but the pitch is still there
}


class Fault(NamedTuple):
    """`kind` is a key of DROPS; `reason` is a clause with figures."""

    kind: str
    reason: str

    @property
    def drops(self) -> bool:
        """Whether the recording cannot be used."""
        return DROPS[self.kind]

    def __str__(self) -> str:
        return f"{self.kind}: {self.reason}"
