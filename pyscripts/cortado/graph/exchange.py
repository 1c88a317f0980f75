"""Transducers to kaldifst and back. kaldifst gives no access to its arrays, so they travel through files without names.

Such a file lies in /dev/shm where that has room, else in TMPDIR; it is as large as the transducer's own file (`Fst.num_bytes`) and
vanishes when it is closed, or the process ends in whatever way.
"""

import ctypes
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import kaldifst

from cortado.errors import CortadoError
from cortado.graph.fst import Fst

_MEMORY = Path("/dev/shm")
_ROOM_WANTED = 4 << 30  # containers often have 64 MB there; graphs of some 100 million arcs fit in this


def scratch_folder() -> str:
    """Where such files lie: in memory when there is room for 4 GiB, else where Python's tempfile says (TMPDIR)."""
    if _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK):
        room = os.statvfs(_MEMORY)
        if room.f_bavail * room.f_frsize >= _ROOM_WANTED:
            return str(_MEMORY)
    return tempfile.gettempdir()


def to_kaldifst(fst: Fst) -> kaldifst.StdVectorFst:
    """A kaldifst copy of `fst`."""
    with park(fst) as parked:
        return load_kaldifst(parked)


def from_kaldifst(fst: kaldifst.StdVectorFst) -> Fst:
    """The arrays of a kaldifst transducer."""
    with park(fst) as parked:
        return Fst.read(_path(parked))


def determinize(parked: IO[bytes]) -> Fst:
    """The parked transducer without epsilons and deterministic, probabilities of equal paths added (log semiring): Kaldi's
    fstdeterminizestar. It is taken parked, and `parked` is closed, because two copies of a large graph would not fit beside the work.
    """
    with parked:
        fst = load_kaldifst(parked)
    kaldifst.determinize_star(fst, use_log=True)
    with park(fst) as result:
        del fst
        ctypes.CDLL(None).malloc_trim(0)  # else the C library keeps what it has freed, gigabytes in small pieces
        return Fst.read(_path(result))


def park(fst: Fst | kaldifst.StdVectorFst) -> IO[bytes]:
    """An open file that holds `fst`. Raises CortadoError when there is no room."""
    parked = tempfile.TemporaryFile(dir=scratch_folder())  # noqa: SIM115 (the caller closes it)
    with _explained(parked):
        if isinstance(fst, Fst):
            fst.write_to(parked)
            parked.flush()
        elif not fst.write(_path(parked)):
            raise OSError(f"kaldifst stopped after {parked.seek(0, os.SEEK_END)} bytes")
    return parked


def load_kaldifst(parked: IO[bytes]) -> kaldifst.StdVectorFst:
    """A kaldifst copy of a parked transducer."""
    return kaldifst.StdVectorFst.read(_path(parked))


def _path(parked: IO[bytes]) -> str:
    """A name under which this process can open the file once more."""
    return f"/proc/self/fd/{parked.fileno()}"


@contextmanager
def _explained(parked: IO[bytes]) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        parked.close()
        folder = scratch_folder()
        raise CortadoError(
            f"cannot write a temporary file in {folder}: {error.strerror or error}; set TMPDIR to a folder with room"
        ) from error
