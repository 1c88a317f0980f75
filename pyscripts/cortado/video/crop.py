"""Squares cut out of pictures between their pixels, all scaled to one size."""

import cv2
import numpy as np


def crop(image: np.ndarray, centre: np.ndarray, side: float, size: int) -> np.ndarray:
    """The square of `side` pixels around `centre` (x, y), scaled to (size, size) or (size, size, 3) uint8.

    image: (height, width) or (height, width, 3) uint8. A pixel's centre has whole coordinates, as in OpenCV. Outside the picture
    its last row or column goes on. Where the square shrinks, pixels are averaged and none is passed over.
    """
    shrinking = max(1, int(side / size))
    fine_size = shrinking * size
    scale = fine_size / side
    shift = (fine_size - 1) / 2 - scale * np.asarray(centre)
    matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
    fine = cv2.warpAffine(image, matrix, (fine_size, fine_size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return fine if shrinking == 1 else cv2.resize(fine, (size, size), interpolation=cv2.INTER_AREA)
