"""Reading audio: files of any kind libsndfile knows, decoding only the part asked for, and Kaldi's pipes."""

import io
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import soundfile

from cortado.datadir.datadir import SEGMENT_TOLERANCE, DataDir, Segment
from cortado.errors import DataError

# What programs that write WAV into a pipe put for a size they do not know yet is 0, or this or more.
UNKNOWN_SIZE = 0x7FFF0000

# Seeking in these may land beside the sample asked for (libsndfile 1.2: by 128 samples near the end of a Vorbis file), so
# that a part is decoded from the beginning on.
INEXACT_SEEK = ("OGG", "MPEG")


def read_audio(rxfile: str, start: float = 0.0, end: float | None = None) -> tuple[np.ndarray, int]:
    """Samples (num_samples,) float32 in [-1, 1) and the sampling rate in Hz of a file or of a Kaldi pipe 'command |'.

    `start` and `end` are seconds; None is the end of the recording. Of a file, only that part is decoded (of Ogg and MP3, what
    is before it too). Raises DataError for audio that is missing, empty, undecodable, cut off, of several channels, or shorter
    than `end`, and for a pipe that fails, with what it wrote to stderr.
    """
    with open_audio(rxfile) as audio:
        return read_part(audio, rxfile, start, end), audio.samplerate


def read_utterance(data_dir: DataDir, utterance: str) -> tuple[np.ndarray, int]:
    """Samples (num_samples,) float32 and the sampling rate in Hz of one utterance, segments honoured. Raises as read_audio does, and
    DataError where segments or wav.scp lack it.
    """
    recording, start, end = _segment(data_dir, utterance)
    if recording not in data_dir.wav_scp:
        raise DataError(data_dir.path / "wav.scp", f"has no recording {recording}")
    return read_audio(data_dir.wav_scp[recording], start, end)


def duration(rxfile: str) -> float:
    """Length in seconds. Only the header of a file is read; a pipe is run."""
    with open_audio(rxfile) as audio:
        return audio.frames / audio.samplerate


def iterate_utterances(
    data_dir: DataDir, on_error: Callable[[str, DataError], None] | None = None
) -> Iterator[tuple[str, np.ndarray, int]]:
    """(utterance, samples (num_samples,) float32, sampling rate) of every utterance of utt2spk, segments honoured.

    Each recording is opened, and each pipe run, once: the utterances of a recording follow one another, and recordings
    come in the order of their first utterances. A bad utterance raises DataError naming it; with `on_error` that is
    called instead with the utterance and the error, and the rest go on.
    """
    for recording, segments in _by_recording(data_dir).items():
        for utterance, samples, rate in _read_segments(data_dir, recording, segments):
            if not isinstance(samples, DataError):
                yield utterance, samples, rate
                continue
            if on_error is None:
                raise DataError(samples.path, f"{samples.reason} (utterance {utterance})")
            on_error(utterance, samples)


def _read_segments(data_dir: DataDir, recording: str, segments: dict[str, Segment]) -> Iterator[tuple[str, np.ndarray | DataError, int]]:
    """Each utterance of one recording with its samples or with what is wrong with it."""
    try:
        if recording not in data_dir.wav_scp:
            raise DataError(data_dir.path / "wav.scp", f"has no recording {recording}")
        rxfile = data_dir.wav_scp[recording]
        with open_audio(rxfile) as audio:
            for utterance, segment in segments.items():
                try:
                    samples = read_part(audio, rxfile, segment.start, segment.end)
                except DataError as error:
                    samples = error
                yield utterance, samples, audio.samplerate
    except DataError as error:  # of opening it
        for utterance in segments:
            yield utterance, error, 0


def _by_recording(data_dir: DataDir) -> dict[str, dict[str, Segment]]:
    recordings: dict[str, dict[str, Segment]] = {}
    for utterance in data_dir.utterances:
        segment = _segment(data_dir, utterance)
        recordings.setdefault(segment.recording, {})[utterance] = segment
    return recordings


def _segment(data_dir: DataDir, utterance: str) -> Segment:
    """Where an utterance lies: the whole recording of its name where there are no segments."""
    if not data_dir.has("segments"):
        return Segment(utterance, 0.0, None)
    if utterance not in data_dir.segments:
        raise DataError(data_dir.path / "segments", f"has no utterance {utterance}")
    return data_dir.segments[utterance]


@contextmanager
def open_audio(rxfile: str) -> Iterator[soundfile.SoundFile]:
    """The file, or the output of the pipe, opened for reading; one channel and not empty, or DataError."""
    source = _run_pipe(rxfile) if is_pipe(rxfile) else _checked_file(rxfile)
    try:
        audio = soundfile.SoundFile(source)
    except soundfile.LibsndfileError as error:
        raise DataError(rxfile, f"cannot be decoded: {error.error_string}") from None
    with audio:
        if audio.channels != 1:
            raise DataError(rxfile, f"has {audio.channels} channels; one is wanted (a pipe may pick it: 'sox {rxfile} -t wav - remix 1 |')")
        if audio.frames == 0:
            raise DataError(rxfile, "holds no samples")
        _refuse_cut_off_wav(rxfile, audio.extra_info)
        yield audio


def _refuse_cut_off_wav(rxfile: str, log: str) -> None:
    """libsndfile reads what is there of a WAV that ends too soon, and says so in its log alone."""
    sizes = re.search(r"^data : (\d+) \(should be (\d+)\)", log, re.MULTILINE)
    if sizes and int(sizes[2]) < int(sizes[1]) < UNKNOWN_SIZE:
        raise DataError(rxfile, f"is cut off: {sizes[2]} of {sizes[1]} bytes of samples are there")


def read_part(audio: soundfile.SoundFile, rxfile: str, start: float, end: float | None) -> np.ndarray:
    """Samples [start, end) in seconds of an open file: (num_samples,) float32."""
    rate, length = audio.samplerate, audio.frames
    first, last = round(start * rate), length if end is None else round(end * rate)
    if last - length > SEGMENT_TOLERANCE * rate:
        raise DataError(rxfile, f"lasts {length / rate:.3f} s, shorter than the end {end} asked for")
    last = min(last, length)
    if not 0 <= first < last:
        raise DataError(rxfile, f"lasts {length / rate:.3f} s and has nothing from {start} to {end if end is not None else 'its end'}")
    skipped = first if audio.format in INEXACT_SEEK else 0
    try:
        audio.seek(first - skipped)
        samples = audio.read(skipped + last - first, dtype="float32")[skipped:]
    except soundfile.LibsndfileError as error:
        raise DataError(rxfile, f"cannot be decoded: {error.error_string}") from None
    if len(samples) != last - first:
        raise DataError(rxfile, f"is cut off: {first + len(samples)} of {length} samples are there")
    return samples


def is_pipe(rxfile: str) -> bool:
    """Whether a wav.scp entry is a command to run rather than a file."""
    return rxfile.rstrip().endswith("|")


def _checked_file(rxfile: str) -> str:
    path = Path(rxfile)
    if not path.is_file():
        raise DataError(rxfile, "no such file")
    if path.stat().st_size == 0:
        raise DataError(rxfile, "is an empty file")
    return rxfile


def _run_pipe(rxfile: str) -> io.BytesIO:
    """Run the command of a pipe to its end; a pipeline fails if any part of it does."""
    command = rxfile.rstrip()[:-1]
    result = subprocess.run(["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, stdin=subprocess.DEVNULL, check=False)
    said = result.stderr.decode("utf-8", "replace").strip() or "nothing on stderr"
    if result.returncode:
        raise DataError(rxfile, f"the pipe failed with status {result.returncode}: {said}")
    if not result.stdout:
        raise DataError(rxfile, f"the pipe wrote no audio: {said}")
    return io.BytesIO(_with_known_size(result.stdout))


def _with_known_size(wav: bytes) -> bytes:
    """A WAV stream that says it holds 0 bytes of samples, since its header came first, gets the size that turned out."""
    if wav[:4] != b"RIFF" or wav[8:12] != b"WAVE":
        return wav
    at = 12
    while at + 8 <= len(wav):
        name, size = wav[at : at + 4], int.from_bytes(wav[at + 4 : at + 8], "little")
        if name == b"data" and size == 0:
            return wav[: at + 4] + (len(wav) - at - 8).to_bytes(4, "little") + wav[at + 8 :]
        at += 8 + size + size % 2
    return wav
