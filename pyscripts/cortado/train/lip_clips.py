"""The mouth clips of a data directory's lips.scp, read in parts."""

import numpy as np

from cortado import ark
from cortado.datadir import DataDir
from cortado.errors import CortadoError, DataError
from cortado.files import file_digest


class LipClips:
    """Grey clips, (time, height, width) uint8, or such of colours, which lips.scp has last: (time, height, width, 3).

    `utterances` are sorted; `num_frames` is (num_utterances,) int64, `frame_shape` (height, width) or (3, height, width).
    Raises DataError for an entry that is no clip, and for clips whose frames are of another size than the first one's.
    """

    def __init__(self, data_dir: DataDir):
        self.path, self._md5 = data_dir.path / "lips.scp", data_dir.path / "lips.md5"
        rxfiles = ark.read_scp(self.path)
        if not rxfiles:
            raise DataError(self.path, "no clips")
        self.utterances = sorted(rxfiles)
        self._rxfiles = [rxfiles[utterance] for utterance in self.utterances]
        shapes = [ark.read_shape(rxfile) for rxfile in self._rxfiles]
        self.frame_shape = (*shapes[0][3:], *shapes[0][1:3])
        for utterance, shape in zip(self.utterances, shapes, strict=True):
            if len(shape) not in (3, 4) or shape[0] < 1 or shape[1:] != shapes[0][1:]:
                raise DataError(
                    self.path, f"utterance {utterance}: shape {shape}; wanted frames, each as those of {self.utterances[0]}, {shapes[0]}"
                )
        self.num_frames = np.array([shape[0] for shape in shapes], np.int64)

    def read(self, index: int, start: int = 0, stop: int | None = None) -> np.ndarray:
        """Frames [start, stop) of clip `index`, to its end without `stop`: (time, *frame_shape) uint8.

        Raises CortadoError naming the utterance.
        """
        try:
            clip = ark.read_part(self._rxfiles[index], start, int(self.num_frames[index]) if stop is None else stop)
        except CortadoError as error:
            raise CortadoError(f"utterance {self.utterances[index]}: {error}") from None
        if clip.dtype != np.uint8:
            raise DataError(self.path, f"utterance {self.utterances[index]}: pixels are uint8, not {clip.dtype}")
        return clip if clip.ndim == 3 else np.moveaxis(clip, 3, 1)

    def contents(self) -> bytes:
        """Something short that is another when the clips are others."""
        if self._md5.is_file():
            return file_digest(self._md5).encode()  # clips that steps/make_lips.sh made
        sampled = np.linspace(0, len(self.utterances) - 1, min(16, len(self.utterances))).astype(int)
        return b"".join(self.read(i, 0, min(10, int(self.num_frames[i]))).tobytes() for i in sampled)
