"""What a network over frames is trained towards: what all kinds of targets share."""

from abc import ABC, abstractmethod
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from cortado import ark
from cortado.errors import CortadoError, DataError

SAMPLED = 64  # utterances whose targets tell whether they have changed


class Targets(ABC):
    """Int vectors of a folder's table, one for each utterance, and `num_classes`, a file with one number.

    A config names a kind of targets by its class. `upsample` is the number of outputs that the network has for a frame of its input.
    """

    table: str  # its name in the folder
    figure: str  # what `loss` returns beside the loss, as a mean over all targets
    can_be_cut: bool  # whether some of an utterance's frames have targets of their own

    def __init__(self, folder: str | Path, upsample: int):
        self.path, self.upsample = Path(folder) / self.table, upsample
        self._rxfiles = ark.read_scp(self.path)
        self.num_classes = _read_number(Path(folder) / "num_classes")

    def __contains__(self, utterance: str) -> bool:
        return utterance in self._rxfiles

    @abstractmethod
    def problem(self, utterance: str, num_frames: int, source: Path) -> str | None:
        """Why the utterance, which has so many frames in `source`, cannot be trained on, or None.

        Raises DataError where its targets contradict `source`.
        """

    @abstractmethod
    def count(self, utterance: str, num_frames: int) -> int:
        """How many targets `read` returns for so many frames of the utterance."""

    @abstractmethod
    def fewest_frames(self, utterance: str) -> int:
        """The fewest frames of input in which the utterance's targets can be learned."""

    @abstractmethod
    def played(self, targets: Tensor, num_frames: int) -> Tensor:
        """Targets that `read` has returned, where their frames are played, faster or slower, in `num_frames`."""

    @abstractmethod
    def read(self, utterance: str, start: int, stop: int) -> Tensor:
        """The targets of frames [start, stop) of the input: (num_targets,) int64. Raises DataError for a class that there is not."""

    @abstractmethod
    def loss(
        self, log_posteriors: Tensor, num_outputs: Tensor, targets: Tensor, num_targets: Tensor, training: bool
    ) -> tuple[Tensor, Tensor]:
        """The loss and the figure, both summed over all targets of a batch.

        log_posteriors: (batch, outputs, num_classes) float32; targets: (batch, most targets) int64, padded with anything;
        num_outputs, num_targets: (batch,) int64, how many of them are valid.
        """

    def contents(self) -> bytes:
        """Something short that is another when the targets are others: those of some utterances."""
        names = sorted(self._rxfiles)
        sampled = [names[i] for i in np.linspace(0, len(names) - 1, min(SAMPLED, len(names))).astype(int)]
        return b"".join([str(self.num_classes).encode(), *(ark.read(self._rxfiles[name]).tobytes() for name in sampled)])

    def vector_size(self, utterance: str) -> int:
        """How many numbers the table has for the utterance."""
        return ark.read_shape(self._rxfiles[utterance])[0]

    def read_vector(self, utterance: str, start: int, stop: int, first_class: int) -> Tensor:
        """Numbers [start, stop) of the utterance's vector, int64. Raises DataError unless all are classes from `first_class` on."""
        values = ark.read_part(self._rxfiles[utterance], start, stop)
        if values.dtype != np.int32 or values.ndim != 1:
            raise DataError(self.path, f"utterance {utterance}: not an int vector, as targets are")
        wrong = values[(values < first_class) | (values >= self.num_classes)]
        if len(wrong):
            raise DataError(self.path, f"utterance {utterance}: class {wrong[0]} is not from {first_class} to {self.num_classes - 1}")
        return torch.from_numpy(values.astype(np.int64))


def _read_number(path: Path) -> int:
    try:
        number = int(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CortadoError(f"cannot read {path}: {error.strerror}") from None
    except ValueError:
        raise DataError(path, "expected one whole number, of classes") from None
    if number < 2:
        raise DataError(path, f"expected at least 2 classes, not {number}")
    return number
