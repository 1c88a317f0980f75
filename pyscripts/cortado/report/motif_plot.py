"""A picture of a stretch of singing: its f0, line segments and motifs over the spectrogram, the steps between segments below."""

import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure

from cortado.errors import CortadoError
from cortado.files import atomic_write
from cortado.motifs.cents import cents_to_hz, hz_to_cents
from cortado.motifs.closed import Pattern
from cortado.motifs.contour import CENTS, FRAME_SHIFT, SYMBOL, segment_times
from cortado.motifs.occurrences import Occurrence
from cortado.report.alignment_plot import HOP, spectrogram

WINDOW = 0.064  # seconds of the spectrogram's windows: long enough to part the harmonics of a low voice
MOST_LANES = 4
_BELOW, _ABOVE, _ROW = 250, 1000, 10  # cents drawn below the lowest segment and above the highest, and between rows of the spectrogram
_INCHES_PER_SECOND = 3.2
_PALETTE = colormaps["Dark2"].colors
_PLAIN = "tab:blue"  # a segment in no motif of the first lane

Colours = dict[Pattern, tuple[float, float, float]]


class Stretch(NamedTuple):
    """What is drawn of a recording: `samples` are of the stretch alone, `f0` and `contour` of the whole recording."""

    start: float  # seconds
    samples: np.ndarray  # (num_samples,)
    rate: int  # Hz
    f0: np.ndarray  # (num_frames,), Hz, 0 where unvoiced
    contour: np.ndarray  # (num_segments, 4), see contour.make_contour

    @property
    def end(self) -> float:
        """Seconds."""
        return self.start + len(self.samples) / self.rate


def plot_stretch(stretch: Stretch, motifs: Iterable[Occurrence], title: str, path: str | Path) -> None:
    """Write a PNG of a stretch with those of the `motifs` of its recording that lie in it.

    Where motifs overlap they are drawn in lanes, those that last longest first; the ones that find no room in MOST_LANES are counted in
    the title. Segments have the colours of the motifs of the first lane. Raises CortadoError where the stretch has no segment.
    """
    times = segment_times(stretch.contour)
    rows = np.flatnonzero((times[:, 0] < stretch.end) & (times[:, 1] > stretch.start))
    if not len(rows):
        raise CortadoError(f"{title}: from {stretch.start:g} to {stretch.end:g} s nothing is voiced, no line segment lies there")
    motifs = [motif for motif in motifs if motif.start < stretch.end and motif.end > stretch.start]
    lanes, num_left_out = into_lanes(motifs)
    colours = _colours_of(lanes)
    heights = [4.5, 0.9, *[0.25] * len(lanes)]
    figure = Figure(figsize=(_width(stretch), sum(heights) + 1), layout="constrained")
    panels = figure.subplots(len(heights), height_ratios=heights, sharex=True)
    contour, times = stretch.contour[rows], times[rows]
    _draw_spectrogram(panels[0], stretch, contour[:, CENTS].min() - _BELOW, contour[:, CENTS].max() + _ABOVE)
    _draw_melody(panels[0], stretch.f0, contour[:, CENTS], times, lanes[0] if lanes else [], colours)
    _draw_steps(panels[1], contour[:, SYMBOL], times[:, 0])
    for number, (axes, lane) in enumerate(zip(panels[2:], lanes, strict=True)):
        _draw_lane(axes, "" if number else "motifs", lane, colours, stretch)
    panels[-1].set(xlim=(stretch.start, stretch.end), xlabel="time / s")
    if num_left_out:
        title += f" ({num_left_out} of {len(motifs)} motifs, which overlap others, are not drawn)"
    figure.suptitle(title, fontsize="medium", parse_math=False)
    save_png(figure, path)


def pitch_spectrogram(samples: np.ndarray, rate: int, cents: np.ndarray) -> np.ndarray:
    """Power in dB at pitches in `cents` above 55 Hz: (num_cents, num_windows), windows centred every alignment_plot.HOP seconds."""
    level = spectrogram(samples, rate, WINDOW)
    bins = cents_to_hz(cents) * round(WINDOW * rate) / rate
    return np.stack([np.interp(bins, np.arange(level.shape[1]), column) for column in level], axis=1)


def into_lanes(motifs: Iterable[Occurrence]) -> tuple[list[list[Occurrence]], int]:
    """MOST_LANES lanes at most in which no two motifs overlap, the longest motifs in the first, and how many found no room."""
    lanes: list[list[Occurrence]] = []
    num_left_out = 0
    for motif in sorted(motifs, key=lambda one: (one.start - one.end, one.start, one.pattern)):
        free = next((lane for lane in lanes if all(motif.end <= one.start or motif.start >= one.end for one in lane)), None)
        if free is not None:
            free.append(motif)
        elif len(lanes) < MOST_LANES:
            lanes.append([motif])
        else:
            num_left_out += 1
    return lanes, num_left_out


def pattern_label(pattern: Pattern) -> str:
    """A motif as the files of find_motifs.py have it: 1,-2,1."""
    return ",".join(map(str, pattern))


def save_png(figure: Figure, path: str | Path) -> None:
    """Write a figure whose names may be in a script that the font lacks."""
    with atomic_write(path, "wb") as out, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        figure.savefig(out, format="png", dpi=120)


def _width(stretch: Stretch) -> float:
    """Of the picture, in inches."""
    return min(max(9.0, _INCHES_PER_SECOND * (stretch.end - stretch.start)), 60.0)


def _colours_of(lanes: list[list[Occurrence]]) -> Colours:
    """A colour for each motif, in turn."""
    patterns = dict.fromkeys(motif.pattern for lane in lanes for motif in lane)
    return {pattern: _PALETTE[number % len(_PALETTE)] for number, pattern in enumerate(patterns)}


def _draw_spectrogram(axes, stretch: Stretch, low: float, high: float) -> None:
    """From `low` to `high` cents, which the axis on the right tells in Hz."""
    picture = pitch_spectrogram(stretch.samples, stretch.rate, np.arange(low, high, _ROW))
    extent = (stretch.start - HOP / 2, stretch.start + (picture.shape[1] - 0.5) * HOP, low - _ROW / 2, low + (len(picture) - 0.5) * _ROW)
    loudest = picture.max()
    axes.imshow(picture, extent=extent, aspect="auto", origin="lower", cmap="Greys", vmin=loudest - 60, vmax=loudest + 15)
    axes.set(ylim=(low, high), ylabel="cents above 55 Hz")
    hertz = axes.secondary_yaxis("right")
    hertz.yaxis.set_major_formatter(lambda cents, _: f"{cents_to_hz(cents):.0f}")
    hertz.set_ylabel("Hz")


def _draw_melody(axes, f0: np.ndarray, cents: np.ndarray, times: np.ndarray, first_lane: list[Occurrence], colours: Colours) -> None:
    pitches = hz_to_cents(np.where(f0 > 0, f0, np.nan))
    axes.plot(np.arange(len(f0)) * FRAME_SHIFT, pitches, color="tab:red", linewidth=0.8)
    owners = (next((one for one in first_lane if one.start <= middle < one.end), None) for middle in times.mean(axis=1))
    shades = [colours[owner.pattern] if owner else _PLAIN for owner in owners]
    axes.hlines(cents, times[:, 0], times[:, 1], colors=shades, linewidth=3)


def _draw_steps(axes, symbols: np.ndarray, times: np.ndarray) -> None:
    """A bar up or down where each segment begins, a dotted line where a phrase does."""
    axes.axhline(0, color="0.5", linewidth=0.5)
    axes.vlines(times, 0, symbols, colors=np.where(symbols > 0, "tab:green", "tab:purple"), linewidth=2)
    for time in times[symbols == 0]:
        axes.axvline(time, color="0.3", linewidth=0.8, linestyle=":")
    most = max(1, int(np.abs(symbols).max()))
    axes.set(ylim=(-most - 0.5, most + 0.5), yticks=(-most, 0, most))
    axes.set_ylabel("step", rotation=0, ha="right", va="center")


def _draw_lane(axes, label: str, lane: list[Occurrence], colours: Colours, stretch: Stretch) -> None:
    """A box for each motif, its symbols in what is seen of it where they have room: some of them would be another motif."""
    per_character = 0.047 / _width(stretch) * (stretch.end - stretch.start)  # seconds, about
    for motif in lane:
        axes.axvspan(motif.start, motif.end, facecolor=colours[motif.pattern], edgecolor="black", linewidth=0.5, alpha=0.5)
        symbols = pattern_label(motif.pattern)
        start, end = max(motif.start, stretch.start), min(motif.end, stretch.end)
        if end - start > per_character * len(symbols):
            axes.text((start + end) / 2, 0.5, symbols, ha="center", va="center", fontsize="xx-small", parse_math=False, clip_on=True)
    axes.set(yticks=[], ylim=(0, 1))
    axes.set_ylabel(label, rotation=0, ha="right", va="center")
