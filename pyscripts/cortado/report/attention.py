"""How widely the heads of an attentive pooling look, as entropies, and where: at which seconds the frames they weigh lie.

The entropy of a head on an utterance is E = -sum_t a_t log a_t, in nats: log T if it averages over all T frames of the encoder, 0 if it
takes a single one. Figure 2 of Z. Wang, K. Yao, X. Li, S. Fang, "Multi-resolution multi-head attention in deep speaker embedding",
ICASSP 2020, compares the heads of two systems by it.
"""

import inspect
import math
import pkgutil
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import numpy as np
import torch
from scipy.special import stdtrit
from torch import Tensor, nn

from cortado.errors import CortadoError
from cortado.nn import EmbeddingNetwork, pooling
from cortado.nn.encoders.vgg import VGG
from cortado.nn.normalise import normalise_features

LONGEST_CONTEXT = 1024  # feature frames; no encoder needs nearly as many for its first two frames


def attends(kind: type[nn.Module]) -> bool:
    """Whether a pooling has `attention(x, lengths)`, the weights of one utterance. Cross attentive pooling's are of pairs."""
    return hasattr(kind, "attention") and "lengths" in inspect.signature(kind.attention).parameters


def attentive_poolings() -> list[str]:
    """The names of all classes in `cortado.nn.pooling` whose attention can be shown, sorted."""
    modules = [import_module(f"{pooling.__name__}.{module.name}") for module in pkgutil.iter_modules(pooling.__path__)]
    classes = [value for module in modules for value in vars(module).values() if isinstance(value, type)]
    return sorted({kind.__name__ for kind in classes if attends(kind) and not inspect.isabstract(kind)})


def require_attention(network: EmbeddingNetwork, model: str | Path) -> None:
    """Raise CortadoError, naming the poolings that would do, if that of `network`, read from the file `model`, has no attention to show."""
    kind = type(network.pooling)
    if not attends(kind):
        raise CortadoError(
            f"{model}: its pooling, {kind.__name__}, has no weights over the frames of an utterance; "
            f"these have: {', '.join(attentive_poolings())}"
        )


def attend(network: EmbeddingNetwork, features: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    """The weights with which `network` pools, (batch, heads, time), 0 in the padding, and the encoder's frames of each row, (batch,).

    features: (batch, time, feat_dim), padded; lengths: (batch,) int64. Raises CortadoError for a row that is too short.
    """
    features = normalise_features(features, lengths, network.normalise)
    frames, frame_lengths = network.encoder(features, lengths)
    return network.pooling.attention(frames, frame_lengths), frame_lengths


def entropy(attention: Tensor) -> Tensor:
    """-sum_t a_t log a_t in nats, float64, with 0 log 0 = 0; so padding adds nothing. attention: (..., time) -> (...).

    >>> entropy(torch.tensor([[0.25, 0.25, 0.25, 0.25], [0.0, 1.0, 0.0, 0.0]])).tolist()
    [1.3862943611198906, 0.0]
    """
    return torch.special.entr(attention.double()).sum(dim=-1)


@dataclass(frozen=True)
class SystemEntropies:
    """Of a system by its name in tables: (num_utts, heads) entropies in nats, and (num_utts,) encoder frames."""

    name: str
    entropies: np.ndarray
    num_frames: np.ndarray


@dataclass(frozen=True)
class HeadEntropy:
    """One head over utterances, all in nats but the last. `head` counts from 1; "all" is the mean of the heads in each utterance.

    low, high: the 95 % interval of the mean (Student's t over utterances); None, as the standard deviation, of a single utterance.
    uniform: mean log T. fraction: mean / uniform; None where every utterance has one frame.
    """

    head: str
    mean: float
    std: float | None
    low: float | None
    high: float | None
    uniform: float
    fraction: float | None


def head_entropies(system: SystemEntropies) -> list[HeadEntropy]:
    """A line for each head and, of several, one for all."""
    columns = {str(number): values for number, values in enumerate(system.entropies.T, 1)}
    if len(columns) > 1:
        columns["all"] = system.entropies.mean(axis=1)
    uniform = float(np.log(system.num_frames).mean())
    return [_summarise(head, values, uniform) for head, values in columns.items()]


def _summarise(head: str, values: np.ndarray, uniform: float) -> HeadEntropy:
    mean, std, low, high = float(values.mean()), None, None, None
    if len(values) > 1:
        std = float(values.std(ddof=1))
        reach = float(stdtrit(len(values) - 1, 0.975)) * std / math.sqrt(len(values))
        low, high = mean - reach, mean + reach
    return HeadEntropy(head, mean, std, low, high, uniform, mean / uniform if uniform > 0 else None)


@dataclass(frozen=True)
class FrameGrid:
    """Where an encoder's frames lie, in feature frames: frame j is about feature frame first + j * stride."""

    first: float
    stride: int

    @classmethod
    def of(cls, encoder: nn.Module) -> "FrameGrid":
        """The grid, from the number of frames that the encoder says it makes of each number of feature frames.

        The stride is how many more features make one more frame. The first frame lies in the middle of the fewest features that make
        one: a convolution that drops the edges needs its whole context for that, one that pads both sides only the frame itself.
        Raises CortadoError for an encoder that makes one frame of any utterance.
        """
        num_frames = encoder.frame_lengths(torch.arange(1, LONGEST_CONTEXT + 1))
        fewest_for = [1 + int((num_frames < count).sum()) for count in (1, 2)]
        if fewest_for[1] > LONGEST_CONTEXT:
            raise CortadoError(f"{type(encoder).__name__} makes a single frame of an utterance, so no weights over time can be shown")
        stride = fewest_for[1] - fewest_for[0]
        if isinstance(encoder, VGG):  # its pooling rounds up: only the last frame is made of fewer features than the stride
            return cls((stride - 1) / 2, stride)
        return cls((fewest_for[0] - 1) / 2, stride)

    def edges(self, num_frames: int, span: tuple[float, float], num_features: int) -> np.ndarray:
        """The seconds between which the encoder's frames lie, (num_frames + 1,): each reaches halfway to its neighbours.

        span: the seconds from the start of the first to the end of the last of `num_features` feature frames (see `feature_span`).
        """
        in_features = self.first + 0.5 + self.stride * (np.arange(num_frames + 1) - 0.5)
        return span[0] + in_features * (span[1] - span[0]) / num_features


def feature_span(num_features: int, frame_shift: float, duration: float) -> tuple[float, float]:
    """The seconds that `num_features` feature frames cover, each a frame_shift long, in the middle of `duration` seconds of audio.

    Windows without padding leave as much at the beginning (half of their overlap) as at the end, but for what is less than one more
    frame: so this is right to half a shift. Raises CortadoError when frames and audio differ by more than 0.1 s, as when silence was
    taken out, or the speed was changed.
    """
    covered = num_features * frame_shift
    if abs(duration - covered) > 0.1:
        raise CortadoError(
            f"{num_features} frames of {frame_shift:g} s are not of these {duration:.2f} s of audio, so the two cannot be aligned"
        )
    start = (duration - covered) / 2
    return start, start + covered
