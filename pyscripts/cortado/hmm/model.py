"""An acoustic model in one file: Kaldi's `final.mdl`, a transition model and the mixtures of its pdfs."""

from pathlib import Path

from cortado.errors import DataError
from cortado.hmm.gmm import DiagGmms, parse_gmms, put_gmms
from cortado.hmm.kaldi_io import KaldiWriter, open_reader, write_file
from cortado.hmm.transition_model import TransitionModel, parse_transition_model, put_transition_model


def read_model(path: str | Path) -> tuple[TransitionModel, DiagGmms]:
    """What write_model or Kaldi wrote, binary or text. Raises DataError with file and place."""
    reader = open_reader(path)
    transitions = parse_transition_model(reader)
    gmms = parse_gmms(reader)
    reader.expect_end()
    if gmms.num_pdfs < transitions.num_pdfs:
        raise DataError(path, f"the transition model has {transitions.num_pdfs} pdfs, but there are mixtures for {gmms.num_pdfs}")
    return transitions, gmms


def read_transition_model(path: str | Path) -> TransitionModel:
    """The first half of a model file, which is also the first part of Kaldi's neural models. Raises DataError."""
    return parse_transition_model(open_reader(path))


def write_model(path: str | Path, transitions: TransitionModel, gmms: DiagGmms, is_binary: bool = True) -> None:
    """Write `final.mdl`; numbers are float32 in it. Text is for looking at (Kaldi's gmm-copy --binary=false). Raises CortadoError."""
    writer = KaldiWriter(is_binary)
    put_transition_model(writer, transitions)
    put_gmms(writer, gmms)
    write_file(path, writer)
