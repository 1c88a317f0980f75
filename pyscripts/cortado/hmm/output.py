"""What training and alignment leave in a folder beside the model: alignments, scores, and what was left out."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cortado.datadir.table import few, write_table
from cortado.distributed import rank, say, world_size
from cortado.files import atomic_write
from cortado.hmm.align import AlignReport
from cortado.hmm.alignment import write_alignments
from cortado.hmm.chunks import Chunk
from cortado.hmm.corpus import Corpus

FAR_BELOW = 6.0  # robust standard deviations: a score this far below the median is worth a look


def write_alignments_of_rank(folder: Path, chunks: Sequence[Chunk]) -> None:
    """ali.N.gz, N being this rank's number plus 1, without the utterances that have no path; rank 0 writes num_jobs."""
    alignments = {}
    for chunk in chunks:
        tids = chunk.read_tids()
        for utterance, start, end in zip(chunk.utterances, chunk.frame_offsets[:-1], chunk.frame_offsets[1:], strict=True):
            if tids[start] > 0:
                alignments[utterance.name] = tids[start:end]
    write_alignments(folder / f"ali.{rank() + 1}.gz", alignments)
    if rank() == 0:
        _remove_other_parts(folder)
        with atomic_write(folder / "num_jobs") as out:
            out.write(f"{world_size()}\n")


def write_reports(folder: Path, corpus: Corpus, report: AlignReport) -> None:
    """scores, left_out and oov_counts; says how many there are and names the first."""
    left_out = {**corpus.left_out, **report.failed}
    write_table(folder / "scores", {utt: f"{score:.4f}" for utt, score in report.scores.items()})
    write_table(folder / "left_out", left_out)
    with atomic_write(folder / "oov_counts") as out:
        out.writelines(f"{word} {count}\n" for word, count in sorted(corpus.oov_counts.items(), key=lambda item: (-item[1], item[0])))
    if left_out:
        say(f"{len(left_out)} utterances are without an alignment, listed in {folder / 'left_out'}:")
        for utt, reason in sorted(left_out.items())[:5]:
            say(f"  {utt}: {reason}")
    if suspects := far_below(report.scores):
        say(f"the scores of {len(suspects)} utterances lie far below the others'; look at their transcripts: {few(suspects)}")


def far_below(scores: dict[str, float]) -> list[str]:
    """Utterances whose score per frame is FAR_BELOW the median, lowest first."""
    values = np.array(list(scores.values()))
    if not len(values):
        return []
    median = np.median(values)
    spread = 1.4826 * np.median(np.abs(values - median))  # the standard deviation, for normal ones
    return sorted((utt for utt, score in scores.items() if score < median - FAR_BELOW * spread), key=lambda utt: (scores[utt], utt))


def _remove_other_parts(folder: Path) -> None:
    """Of an earlier call with more ranks."""
    for path in folder.glob("ali.*.gz"):
        if int(path.name.split(".")[1]) > world_size():
            path.unlink()
