"""The value and gradients of losses on episodes behind one linear layer: `episode_program.py FOLDER`, as one process or several ranks."""

import sys
from pathlib import Path

import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from cortado.distributed import is_distributed, rank, ranks, share
from cortado.nn.losses.angular_prototypical import AngularPrototypical
from cortado.nn.losses.contrastive import Contrastive
from cortado.nn.losses.ge2e import GE2E
from cortado.nn.losses.np_softmax import NPSoftmax
from cortado.nn.losses.triplet import Triplet

LOSSES = {"angular": AngularPrototypical, "contrastive": Contrastive, "ge2e": GE2E, "np-softmax": NPSoftmax, "triplet": Triplet}
NUM_SPEAKERS, NUM_UTTERANCES = 8, 3


class System(nn.Module):
    def __init__(self, loss: nn.Module):
        super().__init__()
        self.network, self.loss = nn.Linear(7, 5), loss

    def forward(self, x, labels):
        return self.loss(self.network(x), labels)


def gradients(cls) -> dict[str, torch.Tensor]:
    """Of one batch of which each rank has its share, and the loss in evaluation mode on what this rank has."""
    torch.manual_seed(0)
    system = System(cls(5, 20, utterances_per_speaker=NUM_UTTERANCES)).double()
    x = torch.randn(NUM_SPEAKERS * NUM_UTTERANCES, 7, dtype=torch.float64)
    labels = torch.arange(NUM_SPEAKERS).repeat_interleave(NUM_UTTERANCES)
    rows = share(len(labels))
    parallel = DistributedDataParallel(system) if is_distributed() else system
    loss = parallel(x[rows], labels[rows])
    loss.backward()
    with torch.no_grad():
        alone = system.eval()(x[rows], labels[rows])
    return {"loss": loss.detach(), "alone": alone, **{name: p.grad for name, p in system.named_parameters()}}


def results() -> dict[str, dict[str, torch.Tensor]]:
    return {name: gradients(cls) for name, cls in LOSSES.items()}


if __name__ == "__main__":
    torch.set_num_threads(1)
    with ranks("cpu"):
        torch.save(results(), Path(sys.argv[1]) / f"rank{rank()}.pt")
