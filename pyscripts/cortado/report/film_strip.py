"""Lips with what is said under them: a strip of pictures over time, with the posteriors of a network, or a film."""

import io
import math
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from PIL import Image, ImageDraw

from cortado.errors import CortadoError
from cortado.files import atomic_write
from cortado.lang.ctm import Timed
from cortado.report.alignment_plot import draw_row

FRAME_RATE = 25  # frames a second
MIN_PEAK = 0.2  # a class whose posterior never reaches this is not drawn
_MOST_PICTURES = 25
_INCHES = 0.72  # of a picture in the strip
_FILM_SCALE, _LINE = 3, 16  # times the size of the frames; pixels of a line of text

Rows = Mapping[str, Sequence[Timed]]


def plot_film_strip(frames: np.ndarray, rows: Rows, title: str, path: str | Path, log_posteriors: np.ndarray | None = None) -> None:
    """Write a PNG with pictures of the lips at even distances, below them a row of words or phones for each of `rows`.

    frames: (num_frames, height, width) or (num_frames, height, width, 3) uint8, 25 a second; rows: name -> what is said, in seconds.
    log_posteriors: (num_outputs, num_classes), natural logarithms, the outputs evenly over the frames; of the classes that reach
    MIN_PEAK somewhere a heat map is drawn, in the order in which they peak. Raises CortadoError where outputs do not fit the frames.
    """
    step = math.ceil(len(frames) / _MOST_PICTURES)
    num_pictures = math.ceil(len(frames) / step)
    heights = [_INCHES, *[0.3] * len(rows), *([2.5] if log_posteriors is not None else [])]
    figure = Figure(figsize=(max(num_pictures * _INCHES, 3) + 1.2, sum(heights) + 0.9), layout="constrained")
    panels = figure.subplots(len(heights), height_ratios=heights, sharex=True, squeeze=False)[:, 0]
    _draw_pictures(panels[0], frames[::step], step)
    for axes, (name, said) in zip(panels[1:], rows.items(), strict=False):
        draw_row(axes, name, said)
    if log_posteriors is not None:
        _draw_posteriors(panels[-1], log_posteriors, len(frames))
    panels[-1].set(xlim=(0, num_pictures * step / FRAME_RATE), xlabel="time / s")
    figure.suptitle(title, fontsize="medium", parse_math=False)
    with atomic_write(path, "wb") as out, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # words in a script that the font lacks
        figure.savefig(out, format="png", dpi=120)


def write_film(frames: np.ndarray, rows: Rows, path: str | Path) -> None:
    """Write a GIF that plays at the speed of the video, with what is said at the moment under each frame. Arguments as above."""
    pictures = [_captioned(frame, (number + 0.5) / FRAME_RATE, rows) for number, frame in enumerate(frames)]
    encoded = io.BytesIO()
    pictures[0].save(encoded, format="GIF", save_all=True, append_images=pictures[1:], duration=1000 // FRAME_RATE, loop=0)
    with atomic_write(path, "wb") as out:
        out.write(encoded.getbuffer())


def label_at(said: Sequence[Timed], time: float) -> str:
    """What is said at this time; nothing between words.

    >>> label_at([Timed(0.1, 0.4, "bin"), Timed(0.4, 0.7, "blue")], 0.4)
    'blue'
    """
    return next((one.label for one in said if one.start <= time < one.end), "")


def peaking_classes(posteriors: np.ndarray) -> np.ndarray:
    """The classes whose posterior (num_outputs, num_classes) reaches MIN_PEAK, in the order in which they peak; at least the highest."""
    order = np.argsort(posteriors.argmax(axis=0), kind="stable")
    return order[posteriors.max(axis=0)[order] >= min(MIN_PEAK, posteriors.max())]


def _draw_pictures(axes, pictures: np.ndarray, step: int) -> None:
    for number, picture in enumerate(pictures):
        extent = (number * step / FRAME_RATE, (number + 1) * step / FRAME_RATE, 0, 1)
        axes.imshow(picture, extent=extent, aspect="auto", cmap="gray", vmin=0, vmax=255)
    axes.set(yticks=[], ylim=(0, 1))


def _draw_posteriors(axes, log_posteriors: np.ndarray, num_frames: int) -> None:
    if len(log_posteriors) % num_frames:
        raise CortadoError(f"{len(log_posteriors)} rows of posteriors do not go evenly into {num_frames} frames of lips")
    posteriors = np.exp(log_posteriors)
    classes = peaking_classes(posteriors)
    extent = (0, num_frames / FRAME_RATE, len(classes), 0)
    image = axes.imshow(posteriors[:, classes].T, extent=extent, aspect="auto", interpolation="nearest", cmap="magma", vmin=0, vmax=1)
    shown = np.unique(np.linspace(0, len(classes) - 1, min(len(classes), 20)).astype(int))
    axes.set_yticks(shown + 0.5, [str(classes[index]) for index in shown], fontsize="xx-small")
    axes.set_ylabel("class")
    axes.figure.colorbar(image, ax=axes, label="posterior", pad=0.01)


def _captioned(frame: np.ndarray, time: float, rows: Rows) -> Image.Image:
    height, width = (_FILM_SCALE * size for size in frame.shape[:2])
    canvas = Image.new("RGB", (width, height + _LINE * len(rows)))
    canvas.paste(Image.fromarray(frame).resize((width, height), Image.Resampling.BILINEAR).convert("RGB"))
    draw = ImageDraw.Draw(canvas)
    for line, (name, said) in enumerate(rows.items()):
        draw.text((4, height + line * _LINE + 2), f"{name}: {label_at(said, time)}", fill="white")
    return canvas
