#!/usr/bin/env python3
"""Estimate an fMLLR transform for each speaker of a decoded data directory, from the best paths of its lattices.

usage: estimate_fmllr.py [options] <model-dir> <graph-dir> <data-dir> <decode-dir> <out>

The lattices are of a decoding without transforms; they and the model have the same tree. Silence is left out; a speaker with too
few frames of speech gets the transform that changes nothing. Writes an ark of matrices D x (D + 1), one for each speaker.

  estimate_fmllr.py exp/tri3 exp/tri3/graph data/test exp/tri3/decode_test.si exp/tri3/decode_test/trans.1
"""

import sys
from pathlib import Path

import numpy as np

from cortado import ark
from cortado.command import make_parser, run
from cortado.datadir import DataDir
from cortado.decode.lattice import Lattice
from cortado.decode.lattice_file import read_lattice_folder
from cortado.errors import CortadoError
from cortado.hmm.alignment import check_alignment
from cortado.hmm.fmllr import FmllrStatistics, estimate_fmllr, fmllr_gain
from cortado.hmm.frame_precisions import frame_precisions
from cortado.hmm.model_folder import ModelFolder
from cortado.lang.files import read_column
from cortado.lang.symbols import SymbolTable


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--lm-weight", type=float, default=12.0, help="at which the best path is taken (default 12)")
    parser.add_argument("model_dir")
    parser.add_argument("graph_dir", type=Path)
    parser.add_argument("data_dir")
    parser.add_argument("decode_dir")
    parser.add_argument("out")
    args = parser.parse_args()
    adaptation = Adaptation(ModelFolder(args.model_dir), DataDir(args.data_dir), read_silence(args.graph_dir))
    for utterance, lattice in read_lattice_folder(args.decode_dir):
        adaptation.add(utterance, lattice, args.lm_weight)
    with ark.ArkWriter(args.out) as writer:
        for speaker, transform in adaptation.transforms().items():
            writer.write(speaker, transform.astype(np.float32))


def read_silence(graph_dir: Path) -> list[int]:
    return read_column(graph_dir / "phones" / "silence.int", SymbolTable.read(graph_dir / "phones.txt"))


class Adaptation:
    """Statistics of the speakers of `data_dir` towards the model."""

    def __init__(self, model: ModelFolder, data_dir: DataDir, silence_phones: list[int]):
        self.transitions, self.gmms = model.model
        self.data_dir, self.features = data_dir, model.features(data_dir)
        self.is_silence = np.isin(self.transitions.tid_to_phone, silence_phones)
        self.statistics = {speaker: FmllrStatistics.zeros(self.gmms.dim) for speaker in sorted(data_dir.spk2utt)}

    def add(self, utterance: str, lattice: Lattice, lm_weight: float) -> None:
        if utterance not in self.data_dir.utt2spk:
            raise CortadoError(f"utterance {utterance} of the lattices is not in {self.data_dir.path}")
        feats, tids = self.features.read(utterance), lattice.best_path(1 / lm_weight).alignment
        check_alignment(utterance, tids, self.transitions, len(feats))
        pdfs = np.where(self.is_silence[tids], -1, self.transitions.tid_to_pdf[tids])
        self.statistics[self.data_dir.utt2spk[utterance]].add(feats, *frame_precisions(feats, pdfs, self.gmms))

    def transforms(self) -> dict[str, np.ndarray]:
        """Speaker -> (D, D + 1). Says what they gain."""
        found = {speaker: estimate_fmllr(statistics) for speaker, statistics in self.statistics.items()}
        for speaker, transform in found.items():
            frames = self.statistics[speaker].num_frames
            gain = fmllr_gain(transform, self.statistics[speaker]) / max(1, frames)
            print(f"speaker {speaker}: fMLLR gains {gain:.3f} per frame, in {frames:.0f} frames of speech", file=sys.stderr)
        return found


if __name__ == "__main__":
    run(main)
