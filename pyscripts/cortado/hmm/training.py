"""EM of an acoustic model over the chunks of all ranks: the best paths now and then, statistics and a new model in each iteration."""

from collections.abc import Callable

import numpy as np
import torch

from cortado.distributed import all_reduce_sum, say
from cortado.errors import CortadoError
from cortado.hmm.accumulate import Statistics, accumulate, new_statistics
from cortado.hmm.align import AlignReport, align_chunks, count_tids
from cortado.hmm.chunks import Chunk
from cortado.hmm.estimate_transforms import adapt_speakers, rotate
from cortado.hmm.gmm import DiagGmms
from cortado.hmm.settings import HmmConfig
from cortado.hmm.shard import Shard
from cortado.hmm.snapshot import Snapshot
from cortado.hmm.transition_model import TransitionModel
from cortado.hmm.update import maximise, mix_up, variance_of_all
from cortado.ivector.em import Model

MIN_COUNT = 10.0  # frames of a Gaussian
FIRST_MIN_COUNT = 3.0  # the same in a first alignment, where a state may have had one frame of each utterance

FirstAlign = Callable[[Chunk, np.ndarray], np.ndarray]


class AcousticTraining:
    """The steps of EM, for cortado.ivector.em.run_em. Features and graphs of the chunks are written; alignments are made here.

    transitions: gives the numbering; `initial`: the model to begin with; num_gauss: how many Gaussians it shall get. With
    `first_align`, (chunk, feats) -> tids, there is an iteration 0 on those alignments.
    """

    def __init__(
        self,
        shard: Shard,
        transitions: TransitionModel,
        initial: Snapshot,
        config: HmmConfig,
        num_gauss: int,
        seed: int,
        first_align: FirstAlign | None = None,
    ):
        self._shard, self._like, self._initial, self._config = shard, transitions, initial, config
        self._num_gauss, self._seed, self._first_align = num_gauss, seed, first_align
        self._is_aligned = False

    @property
    def num_iterations(self) -> int:
        return self._config.iterations + (self._first_align is not None)

    def begin(self) -> Model:
        """`now` is the present model, `aligner` the one that the present alignment was made with."""
        return {**self._initial.tensors("now"), **self._initial.tensors("aligner")}

    def step(self, model: Model, iteration: int) -> tuple[Model, float]:
        """The next model, and the log-likelihood per frame of the given one."""
        number = iteration + (self._first_align is None)
        now, aligner = Snapshot.from_tensors(model, "now"), Snapshot.from_tensors(model, "aligner")
        if number == 0 or number in self._config.realign:
            aligner = now
            counts = self._make_first_alignments() if number == 0 else self._align(now)
            now = now._replace(log_probs=now.transitions(self._like).update(counts)[0].log_probs)
        elif not self._is_aligned:  # begun anew from a checkpoint
            self._align(aligner)
        self._is_aligned = True
        now, log_like = self._update_gmms(now, number)
        return {**now.tensors("now"), **aligner.tensors("aligner")}, log_like

    def align_finally(self, now: Snapshot) -> AlignReport:
        """Align with the finished model; the chunks have its alignment then. The report is of all ranks."""
        return align_chunks(self._shard, now, self._like, self._config.align)[1]

    def speaker_independent(self, now: Snapshot) -> DiagGmms:
        """The mixtures that account for features without fMLLR as `now` does for those with it, frame by frame."""
        plain = now._replace(transforms=now.transforms[:0])
        statistics, _ = self._accumulate(now, plain)
        return maximise(now.gmms, statistics.sums, self._config.variance_floor * variance_of_all(statistics.sums), MIN_COUNT).gmms

    def transitions(self, now: Snapshot) -> TransitionModel:
        return now.transitions(self._like)

    def _align(self, model: Snapshot) -> np.ndarray:
        return align_chunks(self._shard, model, self._like, self._config.align)[0]

    def _make_first_alignments(self) -> np.ndarray:
        """Counts of transition ids in the first alignments of all ranks, which the chunks have then."""
        counts = np.zeros(self._like.num_tids + 1)
        for chunk in self._shard.chunks:
            tids = self._first_align(chunk, chunk.read_feats())
            chunk.write_tids(tids)
            counts += count_tids(tids, self._like)
        if not all_reduce_sum(torch.from_numpy(counts)).any():
            raise CortadoError("all utterances are shorter than their words: are these the transcripts of these features?")
        return counts

    def _update_gmms(self, now: Snapshot, number: int) -> tuple[Snapshot, float]:
        """Transforms where they are due, then the mixtures; and the log-likelihood per frame of the model so far."""
        after = now
        if number in self._config.mllt:
            after = now._replace(transforms=rotate(self._shard, now, self._like))
        if number in self._config.fmllr:
            now = after = now._replace(transforms=adapt_speakers(self._shard, now, self._like))
        statistics, log_like = self._accumulate(now, after)
        floor = self._config.variance_floor * variance_of_all(statistics.sums)
        update = maximise(now.gmms, statistics.sums, floor, FIRST_MIN_COUNT if number == 0 else MIN_COUNT)
        counts = np.add.reduceat(statistics.sums[:, 0], now.offsets[:-1])
        rng = np.random.default_rng([self._seed, number])
        gmms = mix_up(update.gmms, counts, self._target(number), self._config.power, rng)
        say(f"{gmms.num_gauss} Gaussians; {update.num_removed} had too few frames, {update.num_floored} variances were at the floor")
        return after.with_gmms(gmms), log_like

    def _target(self, number: int) -> int:
        """How many Gaussians there shall be after an iteration."""
        begun, last = int(self._initial.offsets[-1]), self._config.split_until
        return begun + (self._num_gauss - begun) * min(number, last) // max(last, 1) if number else 0

    def _accumulate(self, now: Snapshot, after: Snapshot) -> tuple[Statistics, float]:
        """Statistics of all ranks, with the posteriors of `now` and the features of `after`; log-likelihood per frame of `now`."""
        gmms, statistics, log_dets = now.gmms, new_statistics(now.gmms), 0.0
        for chunk in self._shard.chunks:
            pdfs = self._like.tid_to_pdf[chunk.read_tids()]
            feats = self._shard.feats(chunk, now.transforms)
            summed = None if after is now else self._shard.feats(chunk, after.transforms)
            accumulate(statistics, feats, pdfs, gmms, self._shard.num_threads, summed)
            log_dets += self._shard.log_determinant(chunk, pdfs >= 0, now.transforms)
        totals = torch.tensor([statistics.log_likes.sum(), log_dets, statistics.sums[:, 0].sum()], dtype=torch.float64)
        all_reduce_sum(torch.from_numpy(statistics.sums))
        log_like, log_dets, num_frames = all_reduce_sum(totals).tolist()
        return statistics, (log_like + log_dets) / num_frames
