"""How long utterances are: in seconds, of audio headers and segments; in frames, of feature headers."""

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor

from cortado import ark
from cortado.datadir.audio import duration
from cortado.datadir.checks import value_problem
from cortado.datadir.datadir import SEGMENT_TOLERANCE, DataDir
from cortado.datadir.lines import encode, find, read_lines
from cortado.datadir.table import few
from cortado.errors import DataError

BLOCK = 10_000


def durations(data_dir: DataDir, num_jobs: int = 1) -> dict[str, float]:
    """Utterance -> seconds. Of segments where there are any; else headers are read, and pipes run, `num_jobs` at a time.

    Raises DataError naming all utterances whose audio is missing or cannot be read.
    """
    segments = data_dir.segments if data_dir.has("segments") else None
    if segments is None:
        _require(data_dir, "wav.scp", data_dir.wav_scp)
        return _recording_durations(data_dir, data_dir.utterances, num_jobs)
    _require(data_dir, "segments", segments)
    open_ended = {segments[utterance].recording for utterance in data_dir.utt2spk if segments[utterance].end is None}
    known = _recording_durations(data_dir, sorted(open_ended), num_jobs) if open_ended else {}
    return {utterance: _segment_duration(data_dir, utterance, known) for utterance in data_dir.utt2spk}


def num_frames(data_dir: DataDir) -> dict[str, int]:
    """Utterance -> number of rows of its feature matrix, of the headers in the arks. Raises DataError for an utterance without."""
    _require(data_dir, "feats.scp", data_dir.feats_scp)
    return {utterance: ark.read_shape(data_dir.feats_scp[utterance])[0] for utterance in data_dir.utt2spk}


def read_lengths(data_dir: DataDir, name: str, utterances: Collection[str]) -> list[float]:
    """What utt2dur or utt2num_frames, whichever `name` is, says of each utterance, in their order.

    Raises DataError for an utterance without a line and for a value that is no positive number.
    """
    lines = read_lines(data_dir.path / name)
    line_of = find(encode(utterances), lines.keys)
    if (line_of < 0).any():
        missing = [utterance for utterance, line in zip(utterances, line_of, strict=True) if line < 0]
        raise DataError(data_dir.path / name, f"has no line for {len(missing)} utterances: {few(missing)}")
    values = lines.value_list()
    bad = {value: problem for value in set(values) if (problem := value_problem(name, value.decode()))}
    for utterance, line in zip(utterances, line_of.tolist(), strict=True) if bad else ():
        if problem := bad.get(values[line]):
            raise DataError(data_dir.path / name, f"{utterance}: {problem}")
    return [float(values[line]) for line in line_of.tolist()]


def _require(data_dir: DataDir, name: str, rows) -> None:
    missing = sorted(data_dir.utt2spk.keys() - rows.keys())
    if missing:
        raise DataError(data_dir.path / name, f"has no line for {len(missing)} utterances: {few(missing)}")


def _recording_durations(data_dir: DataDir, recordings: list[str], num_jobs: int) -> dict[str, float]:
    def measure(recording: str) -> float | DataError:
        try:
            return duration(data_dir.wav_scp[recording])
        except KeyError:
            return DataError(data_dir.path / "wav.scp", f"has no recording {recording}")
        except DataError as error:
            return error

    found: dict[str, float | DataError] = {}
    with ThreadPoolExecutor(num_jobs) as pool:
        for start in range(0, len(recordings), BLOCK):  # map takes up all it is given at once
            block = recordings[start : start + BLOCK]
            found.update(zip(block, pool.map(measure, block), strict=True))
    bad = [f"{recording} ({error})" for recording, error in found.items() if isinstance(error, DataError)]
    if bad:
        raise DataError(data_dir.path / "wav.scp", f"{len(bad)} of {len(found)} recordings cannot be used: {few(bad)}")
    return found


def _segment_duration(data_dir: DataDir, utterance: str, known: dict[str, float]) -> float:
    segment = data_dir.segments[utterance]
    end = known[segment.recording] if segment.end is None else segment.end
    if end - segment.start <= SEGMENT_TOLERANCE and segment.end is None:
        raise DataError(
            data_dir.path / "segments", f"{utterance} starts at {segment.start}, at or after the end of its recording ({end} s)"
        )
    return end - segment.start


def read_frame_shift(data_dir: DataDir) -> float:
    """Seconds between frames, of the directory's frame_shift; 0.01 where it has none. Raises DataError for anything but a number."""
    path = data_dir.path / "frame_shift"
    if not path.exists():
        return 0.01
    try:
        return float(path.read_text(encoding="utf-8"))
    except ValueError:
        raise DataError(path, "expected one number, the seconds between frames") from None
