"""Scores of cross attentive pooling: the mean cosine over all pairs of crops of two utterances.

What belongs to one utterance alone is computed once for it, and kept while memory lasts: the projection, its directions and
their mean, and the frames already scaled as the pair head's batch normalisation will scale what is pooled of them (in
evaluation it is an affine map). The head's last layer W only serves a cosine, so its factor R of W = Q R stands for it: Q has
orthonormal columns, hence Wx . Wy = Rx . Ry, in 128 dimensions instead of 512.

What is left for each pair of crops of T frames and d dimensions are 8 T d multiply-accumulates for attention and pooling and
2 d^2 for R. With 10 x 10 pairs that is the floor of a trial: 12.3 M for Fast ResNet-34 (crops of 350 frames: T 88, d 128), 7.8 M
for Thin (T 44). An utterance costs 10 T d^2 once, 14.4 M and 7.2 M. The network itself, called for each pair of crops, takes
2 T d^2 + 8 T d + 1024 d: 310 M and 162 M a trial.
"""

import functools
from collections import defaultdict
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from cortado.nn.cross_attentive import CrossAttentiveNetwork
from cortado.score.maps import MapForm, MapTable
from cortado.score.models import Models

GPU_BATCH = 64  # trials at once; a CPU takes one at a time, whose tensors then stay in its cache


class Prepared(NamedTuple):
    """One side of a trial, as far as it does not depend on the other; several trials are stacked in front."""

    directions: Tensor  # (crops, frames, dim): projected frames of length 1
    mean_direction: Tensor  # (crops, dim): their mean over frames, divided by the temperature
    frames: Tensor  # (crops, frames, dim): divided by their number, times the gain of the batch normalisation
    mean: Tensor  # (crops, dim): the batch normalisation of the mean over frames


class PairHeadOfTrials:
    """The pooling and the pair head of a network in evaluation mode, for whole trials."""

    @torch.no_grad()
    def __init__(self, network: CrossAttentiveNetwork):
        self.pooling, norm = network.pooling, network.head.norm
        self.gain = norm.weight / (norm.running_var + norm.eps).sqrt()
        self.offset = norm.bias - norm.running_mean * self.gain
        self.factor = torch.linalg.qr(network.head.linear.weight.double()).R.T.to(self.gain).contiguous()

    def prepare(self, maps: Tensor) -> Prepared:
        """maps: (crops, frames, dim), on the network's device."""
        directions = F.normalize(self.pooling.projection(maps).relu(), dim=-1)
        mean_direction = directions.mean(dim=1) / self.pooling.temperature
        return Prepared(directions, mean_direction, maps * (self.gain / maps.shape[1]), maps.mean(dim=1) * self.gain + self.offset)

    def score(self, enrol: Prepared, test: Prepared) -> Tensor:
        """(trials, ...) on both sides -> (trials,), each the mean cosine over the trial's grid of crops."""
        cosines = F.cosine_similarity(self._embed(enrol, test), self._embed(test, enrol).transpose(1, 2), dim=-1)
        return cosines.mean(dim=(1, 2))

    def _embed(self, own: Prepared, other: Prepared) -> Tensor:
        """(trials, own crops, other crops, dim) of one side, rotated; the steps are those of CrossAttentivePooling."""
        context = other.directions @ own.mean_direction.unsqueeze(1).mT  # (trials, other crops, frames, own crops)
        direction = (context.mT @ other.directions).transpose(1, 2)
        attention = (direction @ own.directions.mT).softmax(dim=-1)
        normalised = attention @ own.frames + own.mean.unsqueeze(2)
        return normalised.relu() @ self.factor


class CrossAttentiveScorer:
    """Scores of trials between utterances whose maps lie in tables; a model's score is the mean over its utterances.

    That is how utterances themselves are compared, by the mean over their crops. (A prototype of several utterances has no
    counterpart: embeddings depend on the pair, and training has prototypes of one.)

    Prepared maps are kept, the least recently used given up for the next, up to `cache_bytes`; beyond them memory does not
    grow with the list. Each trial is computed in tensors of the same shapes, whatever the trials beside it, so its score does
    not depend on how the list is cut.
    """

    def __init__(self, network: CrossAttentiveNetwork, enrol: MapTable, test: MapTable, models: Models, device: str, cache_bytes: int):
        self.head = PairHeadOfTrials(network)
        self.batch = 1 if torch.device(device).type == "cpu" else GPU_BATCH
        self.num_utts = models.num_utts
        self.first_utt, self.utts = np.cumsum(self.num_utts) - self.num_utts, models.rows[np.argsort(models.index, kind="stable")]
        tables = [test] if enrol is test else [enrol, test]
        kept = [self._keep(table, device, cache_bytes // len(tables)) for table in tables]
        self.prepared = kept[0], kept[-1]

    def __call__(self, enrol_rows: np.ndarray, test_rows: np.ndarray) -> np.ndarray:
        """Scores, (num_trials,) float64, of models and utterances by their rows, rounded to six decimals as a score file is."""
        counts = self.num_utts[enrol_rows]
        trial = np.repeat(np.arange(len(enrol_rows)), counts)
        within = np.arange(len(trial)) - np.repeat(np.cumsum(counts) - counts, counts)
        scores = self._score_pairs(self.utts[self.first_utt[enrol_rows][trial] + within], test_rows[trial])
        return np.round(np.bincount(trial, scores, len(enrol_rows)) / counts, 6)

    @torch.inference_mode()
    def _score_pairs(self, enrol: np.ndarray, test: np.ndarray) -> np.ndarray:
        """(num_pairs,) float64 of pairs of utterances, which are taken in the order of the enrolled one: it is prepared once."""
        scores = np.empty(len(enrol))
        order = np.lexsort((test, enrol))
        for pairs in np.split(order, range(self.batch, len(order), self.batch)):
            groups = defaultdict(list)
            for pair in pairs.tolist():
                sides = self.prepared[0](int(enrol[pair])), self.prepared[1](int(test[pair]))
                groups[tuple(side.directions.shape for side in sides)].append((pair, *sides))
            for group in groups.values():
                members, *sides = zip(*group, strict=True)
                scores[list(members)] = self.head.score(*map(self._stack, sides))[: len(members)].double().cpu().numpy()
        return scores

    def _stack(self, sides: tuple[Prepared, ...]) -> Prepared:
        """One side of a full batch of trials: the last one fills what is missing."""
        if self.batch == 1:
            return Prepared(*(tensor.unsqueeze(0) for tensor in sides[0]))
        return Prepared(*map(torch.stack, zip(*sides, *[sides[-1]] * (self.batch - len(sides)), strict=True)))

    def _keep(self, table: MapTable, device: str, cache_bytes: int) -> Callable[[int], Prepared]:
        @functools.lru_cache(maxsize=max(1, cache_bytes // prepared_bytes(table.form)))
        def prepared(row: int) -> Prepared:
            return self.head.prepare(torch.from_numpy(table.read(row)).to(device))

        return prepared


def prepared_bytes(form: MapForm) -> int:
    """What a prepared utterance takes, of whole crops."""
    return 4 * form.num_crops * form.dim * 2 * (form.map_frames + 1)
