"""A picture of one array: a heat map of a matrix, the curve of a vector, the film strip of a volume."""

import warnings
from pathlib import Path

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure

from cortado.errors import CortadoError
from cortado.files import atomic_write

_FORMATS = ("png", "pdf", "svg")
_MOST_FRAMES = 12
_FRAMES_PER_ROW = 6


def plot_array(array: np.ndarray, title: str, path: str | Path) -> None:
    """Draw `array` into the image file `path` (.png, .pdf or .svg): (time, dim) as a heat map with time from left to right,
    (size,) as a curve (steps for integers), (time, height, width) as up to 12 frames spread evenly, with their numbers.

    Raises CortadoError for an empty array, one of another number of dimensions, or another kind of image.
    """
    path = Path(path)
    if path.suffix[1:] not in _FORMATS:
        raise CortadoError(f"{path}: a plot is written as .{', .'.join(_FORMATS)}")
    if not array.size:
        raise CortadoError(f"{title}: empty, there is nothing to draw")
    draw = {1: _draw_curve, 2: _draw_heat_map, 3: _draw_film_strip}.get(array.ndim)
    if draw is None:
        raise CortadoError(f"{title}: an array of {array.ndim} dimensions cannot be drawn")
    figure = draw(array)
    figure.suptitle(title, fontsize="medium", parse_math=False)
    with atomic_write(path, "wb") as out, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # a key in a script the font lacks: boxes in the title
        figure.savefig(out, format=path.suffix[1:], dpi=120)


def _draw_heat_map(array: np.ndarray) -> Figure:
    figure = Figure(figsize=(9, 4), layout="constrained")
    axes = figure.subplots()
    colours = colormaps["viridis"].with_extremes(bad="red")  # NaN must catch the eye
    image = axes.imshow(np.ma.masked_invalid(array.T), cmap=colours, aspect="auto", origin="lower", interpolation="nearest")
    axes.set(xlabel="frame", ylabel="dimension")
    figure.colorbar(image, ax=axes, pad=0.01)
    _name_unclean(axes, array)
    return figure


def _draw_curve(array: np.ndarray) -> Figure:
    figure = Figure(figsize=(9, 3.5), layout="constrained")
    axes = figure.subplots()
    axes.plot(array, linewidth=1, drawstyle="steps-post" if array.dtype.kind in "iu" else "default")
    axes.set(xlabel="index", ylabel="value")
    axes.margins(x=0)
    axes.grid(alpha=0.3)
    _name_unclean(axes, array)
    return figure


def _draw_film_strip(array: np.ndarray) -> Figure:
    numbers = np.unique(np.linspace(0, len(array) - 1, _MOST_FRAMES).round().astype(int))
    num_rows = -(-len(numbers) // _FRAMES_PER_ROW)
    figure = Figure(figsize=(9, 1.75 * num_rows + 0.4), layout="constrained")
    grid = figure.subplots(num_rows, min(_FRAMES_PER_ROW, len(numbers)), squeeze=False)
    for axes in grid.flat:
        axes.axis("off")
    for axes, number in zip(grid.flat, numbers, strict=False):
        axes.imshow(array[number], cmap="gray", vmin=array.min(), vmax=array.max())
        axes.set_title(f"frame {number}", fontsize="small")
    return figure


def _name_unclean(axes, array: np.ndarray) -> None:
    count = np.count_nonzero(~np.isfinite(array))
    if count:
        axes.set_title(f"{count:,} of {array.size:,} values are NaN or infinite", fontsize="small", color="red")
