"""The models that EM begins with: one Gaussian for each state, all alike, or of the leaves of a tree grown on earlier alignments."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from cortado.distributed import all_reduce_sum, gather, say
from cortado.errors import CortadoError
from cortado.hmm.alignment import check_alignment, phone_segments, read_alignments
from cortado.hmm.build_tree import build_tree, leaf_statistics
from cortado.hmm.chunks import Chunk
from cortado.hmm.estimate_transforms import speech_pdfs
from cortado.hmm.exact_sums import rounded
from cortado.hmm.features import FeatureReader, apply_affine
from cortado.hmm.gmm import DiagGmms
from cortado.hmm.lda import LdaStatistics, estimate_lda
from cortado.hmm.questions import make_questions
from cortado.hmm.settings import TreeSettings
from cortado.hmm.shard import Shard
from cortado.hmm.topology import Topology
from cortado.hmm.training_graph import GraphBuilder
from cortado.hmm.transition_model import TransitionModel
from cortado.hmm.tree import Tree, monophone_tree
from cortado.hmm.tree_stats import VARIANCE_FLOOR, TreeStats, events_of_utterance
from cortado.lang.lang import Lang

MIN_COUNT = 10.0  # frames of a leaf, for a Gaussian of its own


@dataclass(frozen=True)
class TreeModel:
    """A tree and the mixtures of its leaves, one Gaussian each."""

    tree: Tree
    gmms: DiagGmms


def write_feats(chunks: Sequence[Chunk], reader: FeatureReader, transform: np.ndarray | None = None) -> np.ndarray:
    """Write the features of all chunks, under `transform` (D', D) where it is given.

    Returns sums over those of all ranks, (1 + 2 D'): frames, features, their squares.
    """
    sums = np.zeros(1 + 2 * (reader.dim if transform is None else len(transform)))
    for chunk in chunks:
        feats = read_feats(chunk, reader)
        feats = feats if transform is None else apply_affine(feats, transform)
        chunk.write_feats(feats)
        sums += rounded(np.concatenate([[len(feats)], feats.sum(0, np.float64), np.square(feats, dtype=np.float64).sum(0)]))
    return all_reduce_sum(torch.from_numpy(sums)).numpy()


def read_feats(chunk: Chunk, reader: FeatureReader) -> np.ndarray:
    """(num_frames, D) float32, from the arks. Raises CortadoError naming an utterance of another length than utt2num_frames says."""
    feats = [reader.read(utterance.name) for utterance in chunk.utterances]
    for utterance, matrix in zip(chunk.utterances, feats, strict=True):
        if len(matrix) != utterance.num_frames:
            raise CortadoError(f"utterance {utterance.name} has {len(matrix)} frames, utt2num_frames says {utterance.num_frames}")
    return np.concatenate(feats)


def write_graphs(chunks: Sequence[Chunk], builder: GraphBuilder) -> None:
    """Write the training graphs of all chunks."""
    for chunk in chunks:
        chunk.write_graphs(builder.build([utterance.words for utterance in chunk.utterances]))


def monophone_model(lang: Lang, topology: Topology, sums: np.ndarray) -> TreeModel:
    """All pdfs as the one Gaussian of `sums`, of write_feats. Phones of one set share their pdfs."""
    tree = monophone_tree(lang.phone_sets, topology)
    mean, variance = _moments(sums)
    size = tree.num_pdfs
    gmms = DiagGmms(np.arange(size + 1), np.ones(size), np.tile(mean, (size, 1)), np.tile(variance, (size, 1)))
    return TreeModel(tree, gmms)


def write_old_alignments(chunks: Sequence[Chunk], folder: Path, transitions: TransitionModel) -> None:
    """Write the alignments of an earlier model, in `folder`, to the chunks; utterances that it lacks have none.

    Raises CortadoError for an alignment of another length or model, DataError for a folder without alignments or a damaged file.
    """
    place = {utt.name: (chunk, i) for chunk in chunks for i, utt in enumerate(chunk.utterances)}
    waiting = {chunk.prefix: np.zeros(chunk.num_frames, np.int32) for chunk in chunks}
    for name, tids in read_alignments(folder):
        if name in place:
            chunk, index = place[name]
            check_alignment(name, tids, transitions, chunk.utterances[index].num_frames)
            waiting[chunk.prefix][chunk.frame_offsets[index] : chunk.frame_offsets[index + 1]] = tids
    for chunk in chunks:
        chunk.write_tids(waiting[chunk.prefix])


def lda_of_alignments(shard: Shard, reader: FeatureReader, transitions: TransitionModel, dim: int) -> np.ndarray:
    """LDA (dim, D) of the features that `reader` gives; classes are the pdfs of the chunks' alignments, silence left out."""
    statistics = LdaStatistics.zeros(transitions.num_pdfs, reader.dim)
    for chunk in shard.chunks:
        statistics.add(read_feats(chunk, reader), speech_pdfs(chunk, transitions, shard))
    for values in (statistics.counts, statistics.sums, statistics.products):
        all_reduce_sum(torch.from_numpy(values))
    return estimate_lda(statistics, dim)


def triphone_model(
    shard: Shard, transforms: np.ndarray, transitions: TransitionModel, lang: Lang, num_leaves: int, settings: TreeSettings
) -> TreeModel:
    """A tree grown on the chunks' alignments, which are of `transitions`, and the Gaussians of its leaves."""
    parts = [_chunk_stats(chunk, shard, transforms, transitions, lang) for chunk in shard.chunks]
    stats = TreeStats.join([part for of_rank in gather([TreeStats.join(parts)] if parts else []) for part in of_rank])
    questions = make_questions(stats, lang.phone_sets, lang.extra_questions)
    tree = build_tree(stats, questions, lang.roots, transitions.topology, num_leaves, settings.min_count, settings.min_gain)
    say(f"a tree with {tree.num_pdfs} leaves from {len(stats.events)} states in context, by {len(questions)} questions")
    unseen = sorted(set(transitions.topology.phones) - set(stats.events[:, 1].tolist()))
    if unseen:
        say(f"phones that never occur, and are as the mean of all: {' '.join(map(lang.phones.symbol, unseen))}")
    return TreeModel(tree, _leaf_gmms(tree, stats))


def _chunk_stats(chunk: Chunk, shard: Shard, transforms: np.ndarray, transitions: TransitionModel, lang: Lang) -> TreeStats:
    """Of the utterances that are aligned."""
    feats, tids = shard.feats(chunk, transforms), chunk.read_tids()
    events, used = [np.zeros((0, 4), np.int64)], np.flatnonzero(tids > 0)
    for start, end in zip(chunk.frame_offsets[:-1], chunk.frame_offsets[1:], strict=True):
        if tids[start] > 0:
            own = tids[start:end]
            events.append(
                events_of_utterance(phone_segments(own, transitions), transitions.tid_to_pdf_class[own], lang.context_independent)
            )
    return TreeStats.of_frames(feats[used], np.concatenate(events))


def _leaf_gmms(tree: Tree, stats: TreeStats) -> DiagGmms:
    counts, sums, squares = leaf_statistics(tree, stats)
    mean, variance = _moments(np.concatenate([[counts.sum()], sums.sum(0), squares.sum(0)]))
    has_own, divisor = (counts >= MIN_COUNT)[:, None], np.maximum(counts, 1)[:, None]
    means = np.where(has_own, sums / divisor, mean)
    variances = np.where(has_own, np.maximum(squares / divisor - means**2, VARIANCE_FLOOR), variance)
    return DiagGmms(np.arange(len(counts) + 1), np.ones(len(counts)), means, variances)


def _moments(sums: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    count, dim = sums[0], len(sums) // 2
    mean = sums[1 : 1 + dim] / count
    return mean, sums[1 + dim :] / count - mean**2
