"""The tokens of an utterance, in their order but without times. The loss is CTC.

A. Graves, S. Fernandez, F. Gomez, J. Schmidhuber, "Connectionist temporal classification", ICML 2006.
"""

from pathlib import Path

import kaldialign
import torch
from torch import Tensor
from torch.nn import functional as F

from cortado.train.targets import Targets

BLANK = 0


class TokenTargets(Targets):
    """`tokens.scp`: tokens numbered from 1; class 0 is the blank, and counted in num_classes."""

    table = "tokens.scp"
    figure = "token_errors"
    can_be_cut = False

    def problem(self, utterance: str, num_frames: int, source: Path) -> str | None:
        """An empty transcript, or one longer than CTC can emit."""
        num_tokens, num_outputs, needed = self.count(utterance, num_frames), self.upsample * num_frames, self._fewest_outputs(utterance)
        if not num_tokens:
            return "no tokens"
        if needed > num_outputs:
            return f"{num_tokens} tokens, for which CTC needs {needed} outputs, in a clip of {num_outputs}"
        return None

    def _fewest_outputs(self, utterance: str) -> int:
        """Each token takes an output, and equal neighbours a blank between them."""
        tokens = self.read(utterance, 0, 0)
        return len(tokens) + int((tokens[1:] == tokens[:-1]).sum())

    def count(self, utterance: str, num_frames: int) -> int:
        return self.vector_size(utterance)

    def fewest_frames(self, utterance: str) -> int:
        return -(-self._fewest_outputs(utterance) // self.upsample)

    def played(self, targets: Tensor, num_frames: int) -> Tensor:
        return targets

    def read(self, utterance: str, start: int, stop: int) -> Tensor:
        return self.read_vector(utterance, 0, self.vector_size(utterance), first_class=BLANK + 1)

    def loss(
        self, log_posteriors: Tensor, num_outputs: Tensor, targets: Tensor, num_targets: Tensor, training: bool
    ) -> tuple[Tensor, Tensor]:
        """The figure is the edit distance between the best path's tokens and the targets."""
        loss = F.ctc_loss(log_posteriors.transpose(0, 1), targets, num_outputs, num_targets, blank=BLANK, reduction="sum")
        paths = log_posteriors.detach().argmax(dim=2).cpu()
        rows = zip(targets.cpu(), num_targets.tolist(), paths, num_outputs.tolist(), strict=True)
        errors = [kaldialign.edit_distance(row[:size].tolist(), collapse(path[:length]))["total"] for row, size, path, length in rows]
        return loss, torch.tensor(float(sum(errors)), device=loss.device)


def collapse(path: Tensor) -> list[int]:
    """The tokens that a path (outputs,) of CTC stands for: a run of equal ones is one, and blanks are none.

    >>> collapse(torch.tensor([0, 3, 3, 0, 3, 5, 0]))
    [3, 3, 5]
    """
    return [token for token in path.unique_consecutive().tolist() if token != BLANK]
