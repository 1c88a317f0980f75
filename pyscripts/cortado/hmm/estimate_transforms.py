"""Passes over the chunks of all ranks that estimate linear transforms of the features for the model in hand. Silence is left out."""

from collections import Counter
from typing import NamedTuple

import numpy as np
import torch

from cortado.distributed import all_reduce_sum, gather, say
from cortado.hmm.accumulate import accumulate, new_statistics
from cortado.hmm.chunks import Chunk
from cortado.hmm.fmllr import FmllrStatistics, compose, estimate_fmllr, fmllr_gain
from cortado.hmm.frame_precisions import frame_precisions
from cortado.hmm.mllt import estimate_mllt, mllt_gain, scatter_of_dimensions
from cortado.hmm.shard import Shard
from cortado.hmm.snapshot import Snapshot
from cortado.hmm.symmetric import weighted_products
from cortado.hmm.transition_model import TransitionModel


def rotate(shard: Shard, now: Snapshot, transitions: TransitionModel) -> np.ndarray:
    """The one transform of `now` (1, D, D + 1) and then MLLT for its mixtures, together."""
    gmms, statistics = now.gmms, new_statistics(now.gmms)
    weighted = torch.zeros(gmms.dim, gmms.dim * (gmms.dim + 1) // 2, dtype=torch.float64)
    for chunk in shard.chunks:
        feats, pdfs = shard.feats(chunk, now.transforms), speech_pdfs(chunk, transitions, shard)
        accumulate(statistics, feats, pdfs, gmms, shard.num_threads)
        precisions, _ = frame_precisions(feats, pdfs, gmms, shard.num_threads)
        weighted += torch.from_numpy(weighted_products(precisions, feats))
    sums = all_reduce_sum(torch.from_numpy(statistics.sums)).numpy()
    scatter, num_frames = scatter_of_dimensions(all_reduce_sum(weighted).numpy(), sums, gmms), float(sums[:, 0].sum())
    transform = estimate_mllt(scatter, num_frames)
    say(f"MLLT gains {mllt_gain(transform, scatter, num_frames):.4f} per frame, in {num_frames:.0f} frames of speech")
    return (transform @ now.transforms[0])[None]


def adapt_speakers(shard: Shard, now: Snapshot, transitions: TransitionModel) -> np.ndarray:
    """The transforms of `now` (num_speakers, D, D + 1), each and then fMLLR for its speaker, together.

    Statistics of a speaker are kept no longer than the chunks of this rank need; those of speakers of several ranks are added.
    """
    shared, last_chunk = _shared_speakers(shard), _last_chunks(shard)
    solved: dict[str, _Adaptation] = {}
    partial: dict[str, FmllrStatistics] = {}
    for index, chunk in enumerate(shard.chunks):
        _add_chunk(partial, chunk, shard, now, transitions)
        for speaker in [speaker for speaker in partial if last_chunk[speaker] == index and speaker not in shared]:
            solved[speaker] = _adapt(partial.pop(speaker))
    parts = gather((solved, partial))
    for speaker in sorted(shared):
        solved[speaker] = _adapt(sum((found[speaker] for _, found in parts if speaker in found), FmllrStatistics.zeros(now.means.shape[1])))
    for found, _ in parts:
        solved.update(found)
    transforms = now.transforms.copy()
    for speaker, adaptation in solved.items():
        row = shard.row_of_speaker[speaker]
        transforms[row] = compose(adaptation.transform, transforms[row])
    num_frames = sum(adaptation.num_frames for adaptation in solved.values())
    gain = sum(adaptation.gain for adaptation in solved.values()) / num_frames
    say(f"fMLLR gains {gain:.4f} per frame, in {num_frames:.0f} frames of speech of {len(solved)} speakers")
    return transforms


def speech_pdfs(chunk: Chunk, transitions: TransitionModel, shard: Shard) -> np.ndarray:
    """(num_frames,) int32: the pdf of each aligned frame, -1 for silence and frames without an alignment."""
    tids = chunk.read_tids()
    return np.where(np.isin(transitions.tid_to_phone[tids], shard.silence_phones), -1, transitions.tid_to_pdf[tids])


class _Adaptation(NamedTuple):
    transform: np.ndarray
    gain: float
    num_frames: float


def _adapt(statistics: FmllrStatistics) -> _Adaptation:
    transform = estimate_fmllr(statistics)
    return _Adaptation(transform, fmllr_gain(transform, statistics), statistics.num_frames)


def _add_chunk(partial: dict[str, FmllrStatistics], chunk: Chunk, shard: Shard, now: Snapshot, transitions: TransitionModel) -> None:
    feats, gmms = shard.feats(chunk, now.transforms), now.gmms
    precisions, weighted_means = frame_precisions(feats, speech_pdfs(chunk, transitions, shard), gmms, shard.num_threads)
    for speaker, start, end in chunk.speaker_spans:
        statistics = partial.setdefault(speaker, FmllrStatistics.zeros(gmms.dim))
        statistics.add(feats[start:end], precisions[start:end], weighted_means[start:end])


def _shared_speakers(shard: Shard) -> set[str]:
    """Speakers of whom several ranks have utterances."""
    counts = Counter(speaker for found in gather(list(_last_chunks(shard))) for speaker in found)
    return {speaker for speaker, count in counts.items() if count > 1}


def _last_chunks(shard: Shard) -> dict[str, int]:
    """Speaker -> the last of this rank's chunks that has utterances of this speaker."""
    return {speaker: index for index, chunk in enumerate(shard.chunks) for speaker, _, _ in chunk.speaker_spans}
