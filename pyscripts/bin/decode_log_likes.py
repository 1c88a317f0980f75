#!/usr/bin/env python3
"""Decode log-likelihoods, of a network say, with a graph: one job of steps/decode.sh --log-likes.

usage: decode_log_likes.py [options] <model> <graph-dir> <data-dir> <log-likes-scp> <out>

<model> holds the transition model that <graph-dir>/HCLG.fst was made with (Kaldi's final.mdl). The scp gives each utterance of the data
directory a matrix of frames x pdfs: log-likelihoods, or, with --priors, log posteriors, which lose --prior-scale times the log priors.
Writes the determinised lattices to <out>, in Kaldi's format; the best words and the score of each utterance go to stderr.

  decode_log_likes.py --priors exp/targets/train/priors exp/tri3/final.mdl exp/tri3/graph data/test/split4utt/1 exp/net/test/post.scp \
    exp/net/decode_test/lat.1.gz
"""

from pathlib import Path

from cortado.command import make_parser, run
from cortado.decode.decoder import Decoder
from cortado.decode.options import add_decoder_options, decoder_options
from cortado.decode.part import decode_part, read_graph
from cortado.decode.posteriors import PosteriorScorer
from cortado.decode.score_table import read_scores
from cortado.errors import DataError
from cortado.hmm.class_priors import read_log_priors
from cortado.hmm.model import read_transition_model
from cortado.hmm.transition_model import TransitionModel
from cortado.lang.symbols import SymbolTable


def scorer(priors: str, prior_scale: float, transitions: TransitionModel) -> PosteriorScorer:
    """Raises DataError for priors of another number of classes than the model has."""
    log_priors = read_log_priors(priors)
    if len(log_priors) != transitions.num_pdfs:
        raise DataError(priors, f"has priors of {len(log_priors)} classes, the model has {transitions.num_pdfs} pdfs")
    return PosteriorScorer(log_priors, prior_scale)


def main() -> None:
    parser = make_parser(__doc__)
    add_decoder_options(parser)
    parser.add_argument("--priors", metavar="FILE", help="the scores are log posteriors, these the log priors of their classes")
    parser.add_argument("--prior-scale", type=float, default=1.0, help="of log priors (default 1)")
    parser.add_argument("model")
    parser.add_argument("graph_dir", type=Path)
    parser.add_argument("data_dir")
    parser.add_argument("log_likes", metavar="log-likes-scp")
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    words = SymbolTable.read(args.graph_dir / "words.txt")
    transitions = read_transition_model(args.model)
    decoder = Decoder(read_graph(args.graph_dir, transitions), decoder_options(args))
    scores = read_scores(args.log_likes, args.data_dir)
    if args.priors:
        score = scorer(args.priors, args.prior_scale, transitions)
        scores = ((utterance, score(utterance, matrix)) for utterance, matrix in scores)
    decode_part(decoder, scores, words, args.out, args.num_threads, args.max_failed)


if __name__ == "__main__":
    run(main)
