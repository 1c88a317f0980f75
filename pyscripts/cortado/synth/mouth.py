"""Pictures of a speaking mouth, drawn from the times of its phones: what the mini lip reading corpus shows. SYNTHETIC, nobody's face.

A mouth is drawn from four curves over the horizontal axis, the outer and inner edges of both lips, with teeth and tongue in the opening. Speakers
differ in the shape and tone of lips and skin; light, place and size vary from film to film and drift within it. Lengths are in
halves of the picture: it reaches from -1 to 1 in both directions, y downwards.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from cortado.synth.espeak import Phone
from cortado.synth.visemes import mouth_track

FRAME_RATE = 25  # pictures a second
SIZE = 96  # pixels, height and width
DARK, TONGUE = 0.10, 0.40  # brightness, from 0 to 1, of the open mouth and of the tongue in it
SEAM = 0.012  # the line between closed lips
BLOCK = 16  # frames drawn at once: their planes stay in the processor's cache


@dataclass(frozen=True)
class Face:
    """A speaker's mouth at rest; brightness from 0 to 1."""

    half_width: float
    upper_lip: float  # thickness
    lower_lip: float
    bow: float  # depth of the notch in the upper lip, as a share of its thickness
    droop: float  # of the corners
    gap: float  # between the lips at their widest
    teeth_length: float
    skin: float  # brightness
    lip_contrast: float  # brightness of the lips is that of the skin less this share of it
    teeth: float  # brightness


def draw_face(rng: np.random.Generator) -> Face:
    """A person's mouth, at random."""
    return Face(
        half_width=rng.uniform(0.48, 0.62),
        upper_lip=rng.uniform(0.09, 0.16),
        lower_lip=rng.uniform(0.13, 0.21),
        bow=rng.uniform(0.1, 0.5),
        droop=rng.uniform(-0.04, 0.05),
        gap=rng.uniform(0.42, 0.58),
        teeth_length=rng.uniform(0.10, 0.14),
        skin=rng.uniform(0.5, 0.85),
        lip_contrast=rng.uniform(0.25, 0.45),
        teeth=rng.uniform(0.75, 0.95),
    )


def film_mouth(phones: Sequence[Phone], num_frames: int, face: Face, rng: np.random.Generator) -> np.ndarray:
    """Grey pictures of `face` saying `phones`, FRAME_RATE a second from time 0 on: (num_frames, SIZE, SIZE) uint8.

    `rng` draws light, place, size, how they drift, and the camera's noise. Raises CortadoError for a phone whose look is not known.
    """
    track = mouth_track(phones, num_frames, FRAME_RATE).astype(np.float32)
    place = _draw_places(num_frames, rng)
    light = _draw_light(rng)
    noise_std = np.float32(rng.uniform(0.006, 0.015))
    pictures = np.empty((num_frames, SIZE, SIZE), np.uint8)
    for start in range(0, num_frames, BLOCK):
        rows = slice(start, start + BLOCK)
        drawn = draw_mouths(track[rows], face, place[rows]) * light
        drawn += noise_std * rng.standard_normal(drawn.shape, dtype=np.float32)
        pictures[rows] = np.rint(255 * np.clip(drawn, 0, 1))
    return pictures


def draw_mouths(track: np.ndarray, face: Face, place: np.ndarray) -> np.ndarray:
    """Brightness in even light, about 0 to 1: (num_frames, SIZE, SIZE) float32.

    track: (num_frames, NUM_PARAMETERS) of mouth_track; place: (num_frames, 3), x and y of the mouth's middle, and its size, 1 being the face's own.
    """
    axis = ((np.arange(SIZE, dtype=np.float32) + 0.5) * 2 / SIZE - 1)[None]
    size = place[:, 2:]
    x, y = (axis - place[:, :1]) / size, ((axis - place[:, 1:2]) / size)[:, :, None]
    upper, upper_inner, lower_inner, lower = (edge[:, None, :] for edge in _edges(track, face, x))
    pixels = (SIZE / 2 * size)[:, :, None]

    def below(edge):  # how much of each pixel lies below an edge
        return np.clip((y - edge) * pixels, 0, 1)

    def above(edge):
        return np.clip((edge - y) * pixels, 0, 1)

    _, _, _, _, teeth, tongue = (value[:, None, None] for value in track.T)
    inside = DARK + (face.teeth - DARK) * above(upper_inner + teeth * face.teeth_length)
    tongue_edge = lower_inner - tongue * (lower_inner - upper_inner) * np.clip(1 - (1.3 * x / face.half_width) ** 2, 0, 1)[:, None, :]
    inside += (TONGUE - inside) * below(tongue_edge)
    picture = _skin(face, x, y, lower)
    lips = face.skin * (1 - face.lip_contrast) * (1 + 0.35 * y)  # the lower lip catches more light
    picture += (lips - picture) * (below(upper) * above(lower))
    picture += (inside - picture) * (below(upper_inner) * above(lower_inner))
    return picture


def _edges(track: np.ndarray, face: Face, x: np.ndarray) -> list[np.ndarray]:
    """y of the outer and inner edge of the upper lip, and of the inner and outer edge of the lower one, each (num_frames, num_columns)."""
    opening, width, rounding, tuck, _, _ = (value[:, None] for value in track.T)
    half_width = face.half_width * (1 + 0.14 * width - 0.3 * rounding)
    u = np.clip(x / half_width, -1, 1)
    outer = (1 - u**2) ** (1 - 0.4 * rounding)  # arches from corner to corner, rounder where the lips are
    inner = np.clip(1 - (u / 0.9) ** 2, 0, 1) ** (1 - 0.5 * rounding)
    gap = face.gap * np.maximum(opening, 0)
    fullness = (1 - 0.9 * np.maximum(-opening, 0)) * (1 + 0.3 * rounding)
    notch = 1 - face.bow * np.exp(-((u / 0.2) ** 2)) * (1 - 0.7 * rounding)
    bend = face.droop * u**2
    return [
        bend - 0.4 * gap * outer - face.upper_lip * fullness * notch * outer,
        bend - (0.4 * gap + SEAM) * inner,
        bend + (0.6 * gap * (1 - 0.5 * tuck) + SEAM) * inner,
        bend + 0.6 * gap * outer + face.lower_lip * fullness * (1 - 0.6 * tuck) * outer**0.8,
    ]


def _skin(face: Face, x: np.ndarray, y: np.ndarray, lower: np.ndarray) -> np.ndarray:
    """The skin around the mouth: cheeks that turn away, the shadows of the nose and of the crease above the chin, which follows the jaw."""
    cheeks = face.skin * (1 - 0.45 * np.minimum(x**2, 1.5))[:, None, :]
    middle = np.exp(-((x / 0.35) ** 2))[:, None, :]
    crease = lower.max(axis=2, keepdims=True) + 0.14
    shadow = 0.4 * np.exp(-(((y + 0.85) / 0.2) ** 2)) + 0.25 * np.exp(-(((y - crease) / 0.1) ** 2))
    return cheeks * (1 - shadow * middle)


def _draw_places(num_frames: int, rng: np.random.Generator) -> np.ndarray:
    """x, y and size of the mouth in each frame: (num_frames, 3) float32, of this film and drifting over about half a second."""
    constant = rng.normal(0, [0.04, 0.04, 0.05]) + [0, 0, 1]
    drift = gaussian_filter1d(rng.standard_normal((num_frames, 3)), sigma=FRAME_RATE / 4, axis=0, mode="reflect")
    shake = rng.standard_normal((num_frames, 3)) * [0.004, 0.004, 0.002]  # of the camera, or of whoever finds the mouth
    return (constant + drift * [0.08, 0.08, 0.03] + shake).astype(np.float32)


def _draw_light(rng: np.random.Generator) -> np.ndarray:
    """What the light of this film multiplies brightness by: (SIZE, SIZE) float32, a slope in a random direction."""
    angle, slope, level = rng.uniform(0, 2 * np.pi), rng.uniform(0.05, 0.35), rng.uniform(0.85, 1.1)
    axis = np.linspace(-1, 1, SIZE)
    return (level + slope * (np.cos(angle) * axis[None] + np.sin(angle) * axis[:, None])).astype(np.float32)
