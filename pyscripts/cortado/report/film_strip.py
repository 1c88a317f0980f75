"""Lips with what is said under them, and the posteriors of a network: a strip of pictures over time, or a film."""

import io
import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image, ImageDraw, ImageFont

from cortado.errors import CortadoError
from cortado.files import atomic_write
from cortado.lang.ctm import Timed
from cortado.report.alignment_plot import draw_row

FRAME_RATE = 25  # frames a second
MIN_PEAK = 0.2  # a class whose posterior never reaches this is not drawn
_MOST_PICTURES = 25
_INCHES = 0.72  # of a picture in the strip
_FILM_WIDTH, _FILM_PICTURE, _FILM_DPI = 6.4, 2.6, 100  # inches of the film, and of the picture in it
_FONT_SIZE = 18  # pixels, of what is said at the moment
LINE_COLOUR = (213, 94, 0)

Rows = Mapping[str, Sequence[Timed]]


def plot_film_strip(frames: np.ndarray, rows: Rows, title: str, path: str | Path, log_posteriors: np.ndarray | None = None) -> None:
    """Write a PNG with pictures of the lips at even distances, below them a row of words or phones for each of `rows`.

    frames: (num_frames, height, width) or (num_frames, height, width, 3) uint8, 25 a second; rows: name -> what is said, in seconds.
    log_posteriors: (num_outputs, num_classes), natural logarithms, the outputs evenly over the frames; of the classes that reach
    MIN_PEAK somewhere a heat map is drawn, in the order in which they peak. Raises CortadoError where outputs do not fit the frames.
    """
    step = math.ceil(len(frames) / _MOST_PICTURES)
    num_pictures = math.ceil(len(frames) / step)
    figure, panels = _make_panels(len(frames), rows, log_posteriors, title, max(num_pictures * _INCHES, 3) + 1.2, _INCHES)
    _draw_pictures(panels[0], frames[::step], step)
    panels[-1].set(xlim=(0, num_pictures * step / FRAME_RATE))
    with atomic_write(path, "wb") as out, _any_script():
        figure.savefig(out, format="png", dpi=120)


def write_film(frames: np.ndarray, rows: Rows, title: str, path: str | Path, log_posteriors: np.ndarray | None = None) -> None:
    """Write a GIF that plays at the speed of the video: each frame with what is said at the moment beside it, and a line that goes
    through the same rows and heat map as those of a strip. Arguments and errors as above.
    """
    figure, panels = _make_panels(len(frames), rows, log_posteriors, title, _FILM_WIDTH, _FILM_PICTURE)
    panels[0].axis("off")
    panels[-1].set(xlim=(0, len(frames) / FRAME_RATE))
    figure.set_dpi(_FILM_DPI)
    still, seconds = _Still.of(figure, panels), len(frames) / FRAME_RATE
    pictures = (still.with_frame(frame, (number + 0.5) / FRAME_RATE, seconds, rows) for number, frame in enumerate(frames))
    encoded = io.BytesIO()
    next(pictures).save(encoded, format="GIF", save_all=True, append_images=pictures, duration=1000 // FRAME_RATE, loop=0)
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


def _make_panels(
    num_frames: int, rows: Rows, log_posteriors: np.ndarray | None, title: str, width: float, picture_height: float
) -> tuple[Figure, np.ndarray]:
    """A figure with its panels: an empty one for pictures, one for each of `rows`, and one for the posteriors; sizes in inches."""
    heights = [picture_height, *[0.3] * len(rows), *([2.5] if log_posteriors is not None else [])]
    figure = Figure(figsize=(width, sum(heights) + 0.9), layout="constrained")
    panels = figure.subplots(len(heights), height_ratios=heights, sharex=True, squeeze=False)[:, 0]
    for axes, (name, said) in zip(panels[1:], rows.items(), strict=False):
        draw_row(axes, name, said)
    if log_posteriors is not None:
        _draw_posteriors(panels[-1], log_posteriors, num_frames)
    panels[-1].set_xlabel("time / s")
    figure.suptitle(title, fontsize="medium", parse_math=False, wrap=True)
    return figure, panels


@contextmanager
def _any_script() -> Iterator[None]:
    """Words in a script that the font lacks are drawn without a warning."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        yield


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


class _Still(NamedTuple):
    """What all pictures of a film share, and the edges of its panels in it: left, upper, right, lower, in pixels."""

    image: Image.Image
    boxes: list[tuple[int, int, int, int]]

    @classmethod
    def of(cls, figure: Figure, panels: np.ndarray) -> "_Still":
        canvas = FigureCanvasAgg(figure)
        with _any_script():
            canvas.draw()
        image = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
        extents = [panel.get_window_extent() for panel in panels]  # upwards
        edges = [(box.x0, image.height - box.y1, box.x1, image.height - box.y0) for box in extents]
        return cls(image, [tuple(map(round, box)) for box in edges])

    def with_frame(self, frame: np.ndarray, time: float, seconds: float, rows: Rows) -> Image.Image:
        """The frame in the first panel, what is said at `time` beside it, and a line at `time` of `seconds` through the other panels."""
        image = self.image.copy()
        draw, font = ImageDraw.Draw(image), ImageFont.load_default(_FONT_SIZE)
        left, upper, right, lower = self.boxes[0]
        width = round((lower - upper) * frame.shape[1] / frame.shape[0])
        image.paste(Image.fromarray(frame).resize((width, lower - upper), Image.Resampling.BILINEAR), (left, upper))
        for line, (name, said) in enumerate(rows.items()):
            draw.text((left + width + _FONT_SIZE, upper + 2 * line * _FONT_SIZE), f"{name}: {label_at(said, time)}", "black", font)
        x = round(left + (right - left) * time / seconds)
        if len(self.boxes) > 1:
            draw.line((x, self.boxes[1][1], x, self.boxes[-1][3]), LINE_COLOUR, width=2)
        return image
