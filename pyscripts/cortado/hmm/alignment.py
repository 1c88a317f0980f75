"""Alignments: a transition id for each frame, files `ali.1.gz`, `ali.2.gz`, ... of Kaldi int vectors.

In ours, as in Kaldi's graphs by default, the self-loops of a state come after the transition that leaves it (they are "reordered"); what is
here reads the other order too.
"""

import gzip
import re
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from cortado.ark import open_table
from cortado.ark.format import INT_ENTRY
from cortado.errors import CortadoError, DataError
from cortado.files import atomic_write
from cortado.hmm.transition_model import TransitionModel
from cortado.hmm.tree import Tree, windows_of

_PART = re.compile(r"ali\.(\d+)\.gz")


class PhoneSegments(NamedTuple):
    """The phones of an utterance in their order; (n,) int32 each. `starts` and `num_frames` are in frames."""

    phones: np.ndarray
    starts: np.ndarray
    num_frames: np.ndarray


def read_alignments(folder: str | Path) -> Iterator[tuple[str, np.ndarray]]:
    """(utterance, transition ids (num_frames,) int32) of all parts of a folder, in their order.

    Raises DataError for a folder without alignments, a part that is missing (also of the number in `num_jobs`, where it is there) or
    left over, a damaged file, and an utterance in two parts.
    """
    part_of: dict[str, Path] = {}
    for path in _parts(Path(folder)):
        for utt, tids in open_table(f"ark:{path}"):
            if utt in part_of:
                raise DataError(path, f"utterance {utt} is in {part_of[utt]} already")
            if tids.dtype != np.int32 or tids.ndim != 1:
                raise DataError(path, f"utterance {utt}: not an int vector, as alignments are")
            part_of[utt] = path
            yield utt, tids


def write_alignments(path: str | Path, alignments: Mapping[str, np.ndarray]) -> None:
    """Write `ali.N.gz`, sorted by utterance as LC_ALL=C sorts; the same alignments give the same bytes. Raises CortadoError."""
    with atomic_write(path, "wb") as file, gzip.GzipFile("", "wb", compresslevel=6, fileobj=file, mtime=0) as zipped:
        for utt in sorted(alignments):
            tids = np.asarray(alignments[utt])
            entries = np.empty(len(tids), INT_ENTRY)
            entries["size"], entries["value"] = 4, tids
            zipped.write(f"{utt} ".encode() + b"\0B" + struct.pack("<bi", 4, len(tids)) + entries.tobytes())


def check_alignment(utt: str, tids: np.ndarray, transitions: TransitionModel, num_frames: int | None = None) -> None:
    """Raise CortadoError naming the utterance where the alignment has another number of frames, or is not of this model."""
    if num_frames is not None and len(tids) != num_frames:
        raise CortadoError(f"utterance {utt}: the alignment has {len(tids)} frames, its features have {num_frames}")
    if len(tids) and not 1 <= tids.min() <= tids.max() <= transitions.num_tids:
        raise CortadoError(
            f"utterance {utt}: the alignment has transition ids from {tids.min()} to {tids.max()}, the model has 1 to "
            f"{transitions.num_tids}: it was made with another model"
        )


def phone_segments(tids: np.ndarray, transitions: TransitionModel) -> PhoneSegments:
    """The phones through which an alignment goes. Raises CortadoError where it changes phone in the middle of one."""
    is_start = _phone_starts(tids, transitions)
    phones = transitions.tid_to_phone[tids]
    broken = np.flatnonzero((phones[1:] != phones[:-1]) & ~is_start[1:]) + 1
    if len(broken):
        raise CortadoError(f"frame {broken[0]}: the alignment goes to phone {phones[broken[0]]} within phone {phones[broken[0] - 1]}")
    starts = np.flatnonzero(is_start).astype(np.int32)
    return PhoneSegments(phones[starts], starts, np.diff(starts, append=len(tids)).astype(np.int32))


def convert_alignment(tids: np.ndarray, old: TransitionModel, new: TransitionModel, new_tree: Tree) -> np.ndarray:
    """The same path through the phones in the transition ids of another model, (num_frames,) int32: Kaldi's convert-ali.

    Raises CortadoError where the two models differ in the topology of a phone, or the new tree has no pdf for one.
    """
    segments = phone_segments(tids, old)
    for phone in np.unique(segments.phones).tolist():
        if [state.shape for state in old.topology.entry(phone)] != [state.shape for state in new.topology.entry(phone)]:
            raise CortadoError(f"phone {phone} has another topology in the new model, so that its alignment cannot be converted")
    windows = windows_of(segments.phones, new_tree.context_width, new_tree.central_position)
    phones, hmm_states = old.tid_to_phone[tids], old.tid_to_hmm_state[tids]
    pdf_classes = old.tid_to_pdf_class[tids]
    pdfs = new_tree.pdf_ids(np.repeat(windows, segments.num_frames, axis=0), pdf_classes)
    transition = tids - old.first_tid[old.tid_to_state[tids]]  # counted from 0 within its state
    return (new.first_tid[new.find_states(phones, hmm_states, pdfs)] + transition).astype(np.int32)


def _parts(folder: Path) -> list[Path]:
    found = {int(match[1]): path for path in folder.glob("ali.*.gz") if (match := _PART.fullmatch(path.name))}
    if not found:
        raise DataError(folder, "has no alignments (ali.1.gz, ...)")
    count = _num_jobs(folder / "num_jobs", default=max(found))
    if missing := set(range(1, count + 1)) - set(found):
        raise DataError(folder / f"ali.{min(missing)}.gz", f"is missing: there must be {count} parts")
    if left_over := set(found) - set(range(1, count + 1)):
        raise DataError(found[min(left_over)], f"is one part too many: num_jobs says {count}")
    return [found[number] for number in sorted(found)]


def _num_jobs(path: Path, default: int) -> int:
    if not path.exists():
        return default
    try:
        return int(path.read_text(encoding="utf-8"))
    except ValueError:
        raise DataError(path, "expected one number, that of the parts") from None


def _phone_starts(tids: np.ndarray, transitions: TransitionModel) -> np.ndarray:
    """(num_frames,) bool: whether a phone begins at the frame."""
    is_loop, is_final = transitions.tid_is_self_loop[tids], transitions.tid_is_final[tids]
    is_start = np.zeros(len(tids), bool)
    is_start[:1] = True
    if _is_reordered(tids, is_loop, transitions):
        forward = np.flatnonzero(~is_loop)
        is_start[forward[1:]] = is_final[forward[:-1]]
    else:
        is_start[1:] = is_final[:-1]
    return is_start


def _is_reordered(tids: np.ndarray, is_loop: np.ndarray, transitions: TransitionModel) -> bool:
    """Whether self-loops follow the transition out of their state; of no consequence where there are none."""
    changes = np.flatnonzero(np.diff(transitions.tid_to_state[tids]))
    telling = changes[is_loop[changes] | is_loop[changes + 1]]  # changes of state with a self-loop on one side
    if len(telling):
        return bool(is_loop[telling[0]])
    return not is_loop[:1].any()
