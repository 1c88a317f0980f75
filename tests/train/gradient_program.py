"""One pass and a few updates of small speaker systems: `gradient_program.py DATA-DIR FOLDER`, as one process or several ranks."""

import sys
from pathlib import Path

import torch
from torch import nn

from cortado.config import ClassSpec
from cortado.datadir import DataDir
from cortado.distributed import all_reduce_sum, is_distributed, rank, ranks, world_size
from cortado.train.loop import train
from cortado.train.parallel import parallel_loss
from cortado.train.settings import OptimiserSettings, TrainSettings
from cortado.train.speaker import CropSettings, SpeakerConfig, SpeakerTask

RESNET = ClassSpec(
    "cortado.nn.encoders.resnet.ResNet", {"channels": (4, 8), "blocks": (1, 1), "strides": (1, 2), "collapse_frequency": False}
)
TDNN = ClassSpec("cortado.nn.encoders.tdnn.TDNN", {"channels": (8, 12), "kernel_sizes": (3, 3), "dilations": (1, 2)})
STATISTICS = ClassSpec("cortado.nn.pooling.statistics.StatisticsPooling")
STRUCTURED = ClassSpec("cortado.nn.pooling.structured.StructuredPooling", {"num_heads": 2, "hidden_dim": 6, "penalty_weight": 0.1})
AAM = ClassSpec("cortado.nn.losses.aam_softmax.AAMSoftmax")
PLAIN_HEAD = ClassSpec("cortado.nn.heads.LinearHead", {"normalisation": "none"})
EPISODES = ClassSpec("cortado.nn.losses.np_softmax.NPSoftmax", {"utterances_per_speaker": 2})
SYSTEMS = {
    "resnet": {"encoder": RESNET, "pooling": STATISTICS, "loss": AAM},
    "tdnn": {"encoder": TDNN, "pooling": STATISTICS, "loss": AAM, "head": ClassSpec("cortado.nn.heads.XVectorHead")},
    "episodes": {"encoder": TDNN, "pooling": STRUCTURED, "loss": EPISODES, "head": PLAIN_HEAD},
}

PRECISIONS = (torch.float64, torch.float32, torch.bfloat16)


def make_config(system: str) -> SpeakerConfig:
    """Plain gradient descent: an adaptive optimiser would make whole steps of what is rounding."""
    return SpeakerConfig(
        **SYSTEMS[system],
        embedding_dim=6,
        crops=CropSettings(frames=(20, 30)),
        training=TrainSettings(
            epochs=3, batch_size=8, accumulate=2, clip_norm=1.0, optimiser=OptimiserSettings(name="SGD", lr=0.02), checkpoint_every=100
        ),
    )


def make_task(config: SpeakerConfig, data: Path) -> SpeakerTask:
    torch.manual_seed(1)
    return SpeakerTask(config, DataDir(data), seed=3, valid=DataDir(data))


def one_pass(task: SpeakerTask, precision: torch.dtype) -> dict[str, torch.Tensor]:
    """The mean loss of batch 0, its gradients, and the buffers that the pass leaves. float64 is the model's own; bfloat16 autocast."""
    task.model.to(torch.promote_types(precision, torch.float32))
    loss_of = parallel_loss(task.model, task.loss) if is_distributed() else task.loss
    task.model.train()
    features, speakers = task.batch(0)
    with torch.autocast("cpu", torch.bfloat16, enabled=precision == torch.bfloat16):
        loss, _ = loss_of((features.to(next(task.model.parameters())), speakers), 1.0)
    loss.backward()
    gradients = {f"gradient of {name}": p.grad for name, p in task.model.named_parameters()}
    buffers = {f"buffer {name}": b.clone() for name, b in task.model.named_buffers()}
    return {"loss": all_reduce_sum(loss.detach().double()) / world_size(), **gradients, **buffers}


def results(data: Path, folder: Path) -> dict[str, dict[str, torch.Tensor]]:
    """For each system: what `one_pass` finds in each precision, and the state after six updates of two batches each."""
    found = {}
    for system in SYSTEMS:
        config = make_config(system)
        for precision in PRECISIONS:
            found[f"{system} {precision}"] = one_pass(make_task(config, data), precision)
        task = make_task(config, data)
        train(task, config.training, folder / system, "toy")
        found[f"{system} trained"] = task.model.state_dict()
    return found


def activation_formats(data: Path) -> set[tuple[torch.dtype, bool]]:
    """The types of what the ResNet's batch normalisations give under bfloat16, and whether it is channels-last."""
    task, seen = make_task(make_config("resnet"), data), set()
    loss_of = parallel_loss(task.model, task.loss)
    for module in task.model["network"].encoder.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.register_forward_hook(lambda _, __, y: seen.add((y.dtype, y.is_contiguous(memory_format=torch.channels_last))))
    with torch.autocast("cpu", torch.bfloat16):
        loss_of(task.batch(0), 1.0)
    return seen


if __name__ == "__main__":
    torch.set_num_threads(1)
    data, folder = map(Path, sys.argv[1:])
    with ranks("cpu"):
        torch.save({"results": results(data, folder), "formats": activation_formats(data)}, folder / f"rank{rank()}.pt")
