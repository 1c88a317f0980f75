"""Video to lips: pictures decoded, the face found and followed, the mouth cut out at one size and 25 frames a second."""

import cv2

from cortado.video.lips import LipsConfig, make_lips
from cortado.video.roi import CentreRoi, FaceRoi

cv2.setNumThreads(1)  # jobs, not threads, fill a machine

__all__ = ["CentreRoi", "FaceRoi", "LipsConfig", "make_lips"]
