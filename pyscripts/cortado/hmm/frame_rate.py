"""The one rule that brings alignments of the sound to the outputs of a network on the video.

Alignments have 100 frames/s; frame i stands for the middle of its window of 25 ms, at 10 i + 12.5 ms. Video has 25 frames/s, and a network
gives a whole number of outputs for each of them, four by default; an output stands for the middle of its share of the 40 ms: with four,
output j is at 10 j + 5 ms. It takes the alignment frame that is nearest to it in time: with four, frame j - 1.

At the beginning, where there is no such frame, outputs take frame 0. At the end they take the last frame: windows lie within the sound, so
that two frames are missing there, and more where the sound is shorter than the video; alignment frames behind the last output are dropped.

With one output a video frame (states at 25/s, for comparison) output j takes frame 4 j + 1. States shorter than 40 ms then vanish, so that
the targets want a topology with phones as short as that: one state a phone, as utils/prepare_lang.sh --num-nonsil-states 1 makes it.
"""

import numpy as np

from cortado.errors import CortadoError

VIDEO_FRAME = 4  # as long as this many alignment frames
WINDOW_MIDDLE = 1.25  # alignment frames from the beginning of a window to its middle
TOLERANCE = 10  # alignment frames, 0.1 s


def frames_of_outputs(utterance: str, num_video_frames: int, num_frames: int, outputs_per_frame: int = 4) -> np.ndarray:
    """The alignment frame that each output takes: (num_video_frames * outputs_per_frame,) int64 from 0 to num_frames - 1.

    Raises CortadoError naming the utterance and both counts where video and alignment differ in length by more than TOLERANCE.
    """
    expected = num_video_frames * VIDEO_FRAME
    if not num_frames or abs(num_frames - expected) > TOLERANCE:
        raise CortadoError(
            f"utterance {utterance}: the alignment has {num_frames} frames, but {num_video_frames} video frames last as long as {expected} "
            f"of these; a difference of up to {TOLERANCE} is accepted"
        )
    middles = (np.arange(num_video_frames * outputs_per_frame) + 0.5) * VIDEO_FRAME / outputs_per_frame
    return np.clip(np.rint(middles - WINDOW_MIDDLE), 0, num_frames - 1).astype(np.int64)
