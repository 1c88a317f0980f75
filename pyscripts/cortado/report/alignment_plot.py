"""A picture of an alignment: words, phones and states below the spectrogram, or the features where there is no sound."""

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from cortado.errors import CortadoError
from cortado.files import atomic_write
from cortado.lang.ctm import Timed
from cortado.report.alignment import AlignedUtterance, Interval

WINDOW, HOP = 0.025, 0.004  # seconds of the spectrogram's windows, and between them
DYNAMIC_RANGE = 70.0  # dB below the loudest that are still told from black
_FORMATS = ("png", "pdf", "svg")
_SHADES = ("#d9e4f1", "#f4ead7")
_INCHES_PER_PHONE = 0.32


def plot_alignment(
    utterance: AlignedUtterance,
    frame_shift: float,
    title: str,
    path: str | Path,
    sound: tuple[np.ndarray, int] | None = None,
    features: np.ndarray | None = None,
    reference: list[Interval] | None = None,
) -> None:
    """Draw an aligned utterance into an image file (.png, .pdf or .svg).

    `sound`: samples (num_samples,) and sampling rate; or `features`: (num_frames, dim). `reference`: other times of the words, in
    frames of `frame_shift` seconds, drawn in a row of their own. Raises CortadoError for another kind of image.
    """
    path = Path(path)
    if path.suffix[1:] not in _FORMATS:
        raise CortadoError(f"{path}: a plot is written as .{', .'.join(_FORMATS)}")
    rows = {"words": utterance.words, "phones": utterance.phones, "states": _state_labels(utterance)}
    if reference is not None:
        rows = {"reference": reference, **rows}
    width = min(max(8.0, _INCHES_PER_PHONE * len(utterance.phones)), 60.0)
    figure = Figure(figsize=(width, 3.2 + 0.4 * len(rows)), layout="constrained")
    panels = figure.subplots(1 + len(rows), height_ratios=[2.8] + [0.4] * len(rows), sharex=True)
    seconds = utterance.num_frames * frame_shift
    _draw_picture(panels[0], seconds, sound, features)
    for start, _, _ in utterance.words:
        panels[0].axvline(start * frame_shift, color="white", linewidth=0.8, linestyle=":")
    for axes, (name, intervals) in zip(panels[1:], rows.items(), strict=True):
        draw_row(axes, name, intervals, frame_shift)
    panels[-1].set(xlim=(0, seconds), xlabel="time / s")
    figure.suptitle(title, fontsize="medium", parse_math=False)
    with atomic_write(path, "wb") as out, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # words in a script that the font lacks
        figure.savefig(out, format=path.suffix[1:], dpi=120)


def spectrogram(samples: np.ndarray, rate: int, window: float = WINDOW) -> np.ndarray:
    """Power in dB, the loudest being 0: (num_windows, num_bins) of Hann windows of `window` seconds centred every HOP seconds."""
    size, hop = round(window * rate), round(HOP * rate)
    padded = np.pad(samples.astype(np.float64), size // 2)
    windows = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop]
    power = np.abs(np.fft.rfft(windows * np.hanning(size), axis=1)) ** 2
    level = 10 * np.log10(np.maximum(power, 1e-12))
    return np.maximum(level - level.max(), -DYNAMIC_RANGE)


def _state_labels(utterance: AlignedUtterance) -> list[Interval]:
    return [Interval(state.start, state.end, str(state.hmm_state)) for state in utterance.states]


def _draw_picture(axes, seconds: float, sound: tuple[np.ndarray, int] | None, features: np.ndarray | None) -> None:
    if sound is not None:
        samples, rate = sound
        axes.imshow(
            spectrogram(samples, rate).T, extent=(0, len(samples) / rate, 0, rate / 2000), aspect="auto", origin="lower", cmap="magma"
        )
        axes.set_ylabel("kHz")
    elif features is not None:
        extent = (0, seconds, -0.5, features.shape[1] - 0.5)
        axes.imshow(features.T, extent=extent, aspect="auto", origin="lower", interpolation="nearest", cmap="magma")
        axes.set_ylabel("dimension")
    axes.tick_params(labelsize="x-small")


def draw_row(axes, name: str, intervals: Sequence[Interval | Timed], frame_shift: float = 1.0) -> None:
    """A box for each interval (start, end, label), with its label where that has room; its times are in frames of `frame_shift` seconds."""
    per_character = 0.075 / axes.figure.get_figwidth() * max((i.end for i in intervals), default=1) * frame_shift  # seconds, about
    for number, (start, end, label) in enumerate(intervals):
        left, width = start * frame_shift, (end - start) * frame_shift
        axes.axvspan(left, left + width, facecolor=_SHADES[number % 2], edgecolor="0.4", linewidth=0.5)
        if width > per_character * len(label):
            axes.text(left + width / 2, 0.5, label, ha="center", va="center", fontsize="x-small", parse_math=False, clip_on=True)
    axes.set(yticks=[], ylim=(0, 1))
    axes.set_ylabel(name, rotation=0, ha="right", va="center", fontsize="small")
