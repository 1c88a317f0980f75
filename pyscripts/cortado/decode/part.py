"""One part of the decoding of a data directory: from scores to determinised lattices in a file, with a log."""

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from cortado.datadir.table import few
from cortado.decode.decoder import Decoder, Decoding
from cortado.decode.determinize import determinize
from cortado.decode.graph import DecodingGraph, prepare_graph
from cortado.decode.lattice import Lattice
from cortado.decode.lattice_file import write_lattices
from cortado.decode.threads import map_in_threads
from cortado.errors import CortadoError, DataError
from cortado.graph.fst import Fst
from cortado.hmm.transition_model import TransitionModel
from cortado.lang.symbols import SymbolTable


def read_graph(folder: Path, transitions: TransitionModel) -> DecodingGraph:
    """HCLG.fst of a graph folder, for the model it was made with. Raises DataError naming the file."""
    path = folder / "HCLG.fst"
    try:
        return prepare_graph(Fst.read(path), transitions.tid_to_pdf)
    except DataError:
        raise
    except CortadoError as error:
        raise DataError(path, str(error)) from None


@dataclass
class DecodingLog:
    """Says on stderr what becomes of each utterance, as Kaldi's decoders do, and sums up."""

    words: SymbolTable
    acoustic_scale: float
    num_done: int = 0
    num_frames: int = 0
    log_like: float = 0.0
    failed: list[str] = field(default_factory=list)
    partial: list[str] = field(default_factory=list)

    def add(self, decoding: Decoding) -> None:
        if decoding.lattice is None:
            self.failed.append(decoding.utterance)
            print(f"no path of utterance {decoding.utterance} lived to its last frame", file=sys.stderr)
            return
        path = decoding.lattice.best_path(self.acoustic_scale)
        log_like = -(path.graph_cost + self.acoustic_scale * path.acoustic_cost)
        self.num_done, self.num_frames, self.log_like = self.num_done + 1, self.num_frames + decoding.num_frames, self.log_like + log_like
        print(decoding.utterance, *map(self.words.symbol, path.words), file=sys.stderr)
        if not decoding.reached_final:
            self.partial.append(decoding.utterance)
            print(f"utterance {decoding.utterance} did not reach a final state: its words may be cut off", file=sys.stderr)
        if decoding.gave_up:
            message = "its scores hardly tell paths apart: some within the beam were given up to bound memory"
            print(f"utterance {decoding.utterance}: {message}", file=sys.stderr)
        per_frame = log_like / decoding.num_frames
        print(f"log-likelihood per frame of {decoding.utterance}: {per_frame:.3f} over {decoding.num_frames} frames", file=sys.stderr)

    def summary(self) -> str:
        partial = f" ({len(self.partial)} did not reach a final state: {few(self.partial)})" if self.partial else ""
        return (
            f"{self.num_done} utterances decoded{partial}, {len(self.failed)} failed; "
            f"log-likelihood per frame {self.log_like / max(1, self.num_frames):.3f} over {self.num_frames} frames"
        )


def decode_part(
    decoder: Decoder,
    inputs: Iterable[tuple[str, np.ndarray]],
    words: SymbolTable,
    path: Path,
    num_threads: int = 1,
    max_failed: int = 0,
    score: Callable[[np.ndarray], np.ndarray] | None = None,
) -> None:
    """Decode (utterance, log-likelihoods) pairs and write their lattices to `path`, a Kaldi archive; `score` makes log-likelihoods of
    what `inputs` gives, where that is features.

    Raises CortadoError, and leaves no file, when more than max_failed utterances have no path to their last frame.
    """
    log = DecodingLog(words, decoder.options.acoustic_scale)

    def work(pair: tuple[str, np.ndarray]) -> tuple[Decoding, Lattice | None]:
        utterance, matrix = pair
        decoding = decoder.decode(utterance, score(matrix) if score else matrix)
        options = decoder.options
        return decoding, decoding.lattice and determinize(decoding.lattice, options.lattice_beam, options.acoustic_scale)

    def lattices() -> Iterator[tuple[str, Lattice]]:
        for decoding, lattice in map_in_threads(work, inputs, num_threads):
            log.add(decoding)
            if lattice:
                yield decoding.utterance, lattice
        if len(log.failed) > max_failed:
            raise CortadoError(f"{few(log.failed)} could not be decoded; --max-failed {len(log.failed)} goes on without them")

    write_lattices(path, lattices())
    print(log.summary(), file=sys.stderr)
