"""One pass of cross attentive pooling: `cross_attentive_program.py DATA-DIR FOLDER`, as one process or several ranks."""

import sys
from pathlib import Path

import torch

from cortado.config import ClassSpec
from cortado.datadir import DataDir
from cortado.distributed import all_reduce_sum, is_distributed, rank, ranks, world_size
from cortado.train.cross_attentive import CrossAttentiveTask
from cortado.train.parallel import parallel_loss
from cortado.train.settings import OptimiserSettings, ScheduleSettings, TrainSettings
from cortado.train.speaker import CropSettings, SpeakerConfig

NUM_SPEAKERS = 4


def make_config(**changes) -> SpeakerConfig:
    values = {
        "encoder": ClassSpec("cortado.nn.encoders.tdnn.TDNN", {"channels": (12,), "kernel_sizes": (3,), "dilations": (1,)}),
        "pooling": ClassSpec("cortado.nn.pooling.cross_attentive.CrossAttentivePooling"),
        "head": ClassSpec("cortado.nn.pooling.cross_attentive.PairHead"),
        "loss": ClassSpec("cortado.nn.losses.np_softmax_pairs.NPSoftmaxOfPairs"),
        "training": TrainSettings(
            epochs=12,
            batch_size=3 * NUM_SPEAKERS,
            optimiser=OptimiserSettings(name="SGD", lr=0.05),
            schedule=ScheduleSettings(shape="constant", warmup=0),
        ),
        "embedding_dim": 8,
        "normalise": "none",
        "crops": CropSettings(frames=(12, 12)),
        "task": "cortado.train.cross_attentive.CrossAttentiveTask",
    }
    return SpeakerConfig(**{**values, **changes})


def make_task(data: Path, **changes) -> CrossAttentiveTask:
    torch.manual_seed(1)
    return CrossAttentiveTask(make_config(**changes), DataDir(data), seed=3, valid=DataDir(data))


def one_pass(data: Path) -> dict[str, torch.Tensor]:
    """In float64, of batch 0: the mean loss over ranks, gradients and the buffers that it leaves; then what validation finds."""
    task = make_task(data)
    task.model.double().train()
    loss_of = parallel_loss(task.model, task.loss) if is_distributed() else task.loss
    features, speakers = task.batch(0)
    loss, _ = loss_of((features.double(), speakers), 0.0)
    loss.backward()
    found = {f"gradient of {name}": p.grad for name, p in task.model.named_parameters()}
    found |= {f"buffer {name}": b.clone() for name, b in task.model.named_buffers()}
    found["loss"] = all_reduce_sum(loss.detach().clone()) / world_size()
    found |= {f"validation {name}": torch.tensor(value) for name, value in task.model.float().eval() and task.validate().items()}
    return found


if __name__ == "__main__":
    torch.set_num_threads(1)
    data, folder = map(Path, sys.argv[1:])
    with ranks("cpu"):
        torch.save(one_pass(data), folder / f"rank{rank()}.pt")
