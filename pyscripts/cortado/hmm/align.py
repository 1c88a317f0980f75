"""Aligning chunks of a corpus with a model: the best paths of all utterances, and why some have none."""

from dataclasses import dataclass, field

import numpy as np
import torch

from cortado.datadir.table import few
from cortado.distributed import all_reduce_sum, gather, say
from cortado.errors import CortadoError
from cortado.hmm.accumulate import in_threads
from cortado.hmm.chunks import Chunk
from cortado.hmm.gmm import DiagGmms
from cortado.hmm.packed_graphs import PackedGraphs, Scales, score_arcs, shortest_path
from cortado.hmm.settings import AlignSettings
from cortado.hmm.shard import Shard
from cortado.hmm.snapshot import Snapshot
from cortado.hmm.transition_model import TransitionModel
from cortado.hmm.viterbi import Gaussians, Paths, find_paths, new_pdf_scores


@dataclass
class AlignReport:
    """Of some utterances: `scores`, log-likelihood per frame, graph and frames together, by name; `failed`: why, by name; `retried`:
    those that the retry beam has found.
    """

    scores: dict[str, float] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    retried: list[str] = field(default_factory=list)

    def add(self, other: "AlignReport") -> None:
        self.scores.update(other.scores)
        self.failed.update(other.failed)
        self.retried += other.retried

    def summary(self) -> str:
        """One line; the utterances that failed stand in their own list."""
        values = list(self.scores.values())
        mean = f"{np.mean(values):.3f} per frame" if values else "no score"
        total = len(self.scores) + len(self.failed)
        return (
            f"aligned {len(self.scores)} of {total} utterances, {len(self.retried)} with the retry beam, {mean}, {len(self.failed)} failed"
        )


def align_chunks(shard: Shard, model: Snapshot, like: TransitionModel, settings: AlignSettings) -> tuple[np.ndarray, AlignReport]:
    """Align the chunks of all ranks, whose graphs are written, and write the alignments to the chunks.

    like: numbers the transition ids of `model`. Returns how often each occurs, (num_tids + 1,) float64, and the report, of all ranks.
    Raises CortadoError when no utterance has a path.
    """
    transitions, gmms, own = model.transitions(like), model.gmms, AlignReport()
    counts = np.zeros(like.num_tids + 1)
    for chunk in shard.chunks:
        graphs = chunk.read_graphs()
        paths = find_alignments(shard.feats(chunk, model.transforms), chunk, graphs, transitions, gmms, settings, shard.num_threads)
        chunk.write_tids(paths.tids)
        counts += count_tids(paths.tids, like)
        own.add(report(chunk, graphs, paths, settings))
    found = AlignReport()
    for part in gather(own):
        found.add(part)
    say(found.summary() + (f": {few(sorted(found.failed))}" if found.failed else ""))
    if not found.scores:
        raise CortadoError(f"no utterance could be aligned: {next(iter(found.failed.values()), 'there is none')}")
    return all_reduce_sum(torch.from_numpy(counts)).numpy(), found


def count_tids(tids: np.ndarray, transitions: TransitionModel) -> np.ndarray:
    """(num_tids + 1,) float64: how often each transition id occurs; 0 for 0, which frames without an alignment have."""
    counts = np.bincount(tids, minlength=transitions.num_tids + 1).astype(np.float64)
    counts[0] = 0
    return counts


def find_alignments(
    feats: np.ndarray,
    chunk: Chunk,
    graphs: PackedGraphs,
    transitions: TransitionModel,
    gmms: DiagGmms,
    settings: AlignSettings,
    num_threads: int,
) -> Paths:
    """The best path of each utterance of a chunk. feats: (num_frames, D) float32. The number of threads changes no bit."""
    scales = Scales(settings.acoustic_scale, settings.transition_scale, settings.self_loop_scale)
    arcs, gaussians = score_arcs(graphs, transitions, scales), Gaussians(gmms.offsets, gmms.packed())
    beams = np.array([settings.beam, settings.retry_beam], np.float32)
    count = len(chunk.utterances)
    paths = Paths(np.zeros(len(feats), np.int32), np.zeros(count), np.zeros(count, bool))

    def work(span: tuple[int, int]) -> None:
        find_paths(*span, feats, chunk.frame_offsets, graphs, arcs, gaussians, new_pdf_scores(gaussians), beams, paths)

    in_threads(work, chunk.frame_offsets, num_threads)
    return paths


def report(chunk: Chunk, graphs: PackedGraphs, paths: Paths, settings: AlignSettings) -> AlignReport:
    """What there is to say of the paths of a chunk."""
    found = AlignReport()
    for index, (utterance, score) in enumerate(zip(chunk.utterances, paths.scores.tolist(), strict=True)):
        if score > -np.inf:
            found.scores[utterance.name] = score / utterance.num_frames
            if paths.retried[index]:
                found.retried.append(utterance.name)
        elif utterance.num_frames < (least := shortest_path(graphs, index)):
            found.failed[utterance.name] = f"{utterance.num_frames} frames are too few for its words, which need at least {least}"
        else:
            found.failed[utterance.name] = f"no path within the retry beam of {settings.retry_beam:g}; is the transcript right?"
    return found
