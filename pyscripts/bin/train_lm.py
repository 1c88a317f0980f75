#!/usr/bin/env python3
"""Estimate an n-gram language model: interpolated modified Kneser-Ney, as KenLM's lmplz does.

usage: train_lm.py [options] <text>|<data-dir> <arpa>

A text has a sentence on each line and may end in .gz; of a data directory the transcripts are taken, without the names of utterances.
The model is written as an ARPA file, gzipped if its name ends in .gz. Its words are those of the text, or of --vocab or --lang: then
other words of the text become <unk>, and --oov-counts gets them with their counts, the most frequent first.

All is done in memory, about 90 bytes for each word of the text. --lmplz has KenLM's program do the work, on disk. It cannot map words:
with --vocab or --lang, n-grams with other words are then left out, and not counted.

  train_lm.py --order 4 --prune '0 0 1 2' --lang data/lang data/train exp/lm/4gram.arpa.gz
"""

import re
import tempfile
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from cortado.command import make_parser, run
from cortado.datadir.table import few, read_list
from cortado.errors import ConfigError
from cortado.lang.rows import write_rows
from cortado.lang.symbols import EPSILON, SymbolTable
from cortado.lm import NgramModel, read_arpa, write_arpa
from cortado.lm.counts import Corpus, count_ngrams, read_corpus
from cortado.lm.entropy_pruning import prune
from cortado.lm.kneser_ney import FALLBACK_DISCOUNTS, check_cutoffs, estimate
from cortado.lm.lmplz import run_lmplz


def main() -> None:
    args = parse_arguments()
    cutoffs = check_cutoffs(cutoffs_of(args.prune), args.order)
    vocabulary = read_vocabulary(args)
    if args.lmplz and args.entropy_pruning is None:
        run_lmplz(args.lmplz, args.text, args.arpa, cutoffs, vocabulary, args.discount_fallback == "true")
        return
    model = (train_by_lmplz if args.lmplz else train)(args, vocabulary, cutoffs)
    if args.entropy_pruning is not None:
        model = prune(model, args.entropy_pruning)
        print(f"after pruning by entropy: {sizes(model)}")
    write_arpa(args.arpa, model)


def parse_arguments() -> Namespace:
    parser = make_parser(__doc__)
    parser.add_argument("--order", type=int, default=3, metavar="N", help="words in the longest n-grams (default 3)")
    parser.add_argument(
        "--prune",
        default="0",
        metavar="'C ...'",
        help="leave out n-grams that occur at most so often; a number for each order, the last also for higher ones (default 0)",
    )
    parser.add_argument("--vocab", metavar="FILE", help="the words: the first field of each line")
    parser.add_argument("--lang", type=Path, metavar="DIR", help="a lang folder, whose words.txt has the words")
    parser.add_argument(
        "--discount-fallback",
        default="false",
        choices=("true", "false"),
        help=f"discounts {few(map(str, FALLBACK_DISCOUNTS[1:]))} where the text gives none, as small texts and grammars do (default false)",
    )
    parser.add_argument("--entropy-pruning", type=float, metavar="X", help="also leave out what lowers perplexity by a factor below 1 + X")
    parser.add_argument("--lmplz", metavar="PATH", help="KenLM's program, which is to do the work")
    parser.add_argument("--oov-counts", type=Path, metavar="FILE", help="write the words outside the vocabulary here; not with --lmplz")
    parser.add_argument("text")
    parser.add_argument("arpa", type=Path)
    args = parser.parse_args()
    if args.vocab and args.lang:
        parser.error("--vocab and --lang both give the vocabulary: leave one out")
    if args.lmplz and args.oov_counts:
        parser.error("--oov-counts does not go with --lmplz, which does not count them")
    return args


def cutoffs_of(text: str) -> list[int]:
    try:
        return [int(number) for number in text.split()]
    except ValueError:
        raise ConfigError(f"--prune '{text}' must be whole numbers with blanks between them") from None


def read_vocabulary(args: Namespace) -> list[str] | None:
    if args.lang:
        words = [word for word, _ in SymbolTable.read(args.lang / "words.txt")]
        return [word for word in words if word != EPSILON and not re.fullmatch(r"#\d+", word)]
    return read_list(args.vocab) if args.vocab else None


def train(args: Namespace, vocabulary: list[str] | None, cutoffs: Sequence[int]) -> NgramModel:
    corpus = read_corpus(args.text, vocabulary)
    if args.oov_counts:
        write_rows(args.oov_counts, corpus.oov_counts.items())
    report_oovs(corpus)
    model, discounts = estimate(count_ngrams(corpus, args.order), corpus.vocabulary, cutoffs, args.discount_fallback == "true")
    for n, amounts in enumerate(discounts, 1):
        print(f"{n}-grams: discounts {', '.join(f'{amount:.4f}' for amount in amounts[1:])}")
    print(sizes(model))
    return model


def report_oovs(corpus: Corpus) -> None:
    if corpus.oov_counts:
        first = few((f"{word} ({count})" for word, count in corpus.oov_counts.items()), 10)
        print(
            f"{len(corpus.oov_counts)} words, {sum(corpus.oov_counts.values())} running, are not in the vocabulary and are <unk>: {first}"
        )


def train_by_lmplz(args: Namespace, vocabulary: list[str] | None, cutoffs: Sequence[int]) -> NgramModel:
    args.arpa.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".lmplz.", dir=args.arpa.parent) as folder:
        unpruned = Path(folder, "unpruned.arpa")
        run_lmplz(args.lmplz, args.text, unpruned, cutoffs, vocabulary, args.discount_fallback == "true")
        return read_arpa(unpruned)


def sizes(model: NgramModel) -> str:
    return ", ".join(f"{len(order)} {n}-grams" for n, order in enumerate(model.orders, 1))


if __name__ == "__main__":
    run(main)
