#!/usr/bin/env python3
"""Count the word errors of a decoding over a grid of LM weights and word insertion penalties.

usage: score_words.py [options] <text> <words.txt> <decode-dir>

Reads the lattices <decode-dir>/lat.*.gz. Writes into <decode-dir>, in Kaldi's layout:
  wer_<LM weight>_<penalty>           the errors at each point
  scoring_kaldi/best_wer, wer_details the best of them; per_utt has its alignments, wer_bootci its interval
  scoring_kaldi/penalty_*/*.txt       the words at each point
  scoring_kaldi/sclite                the best in .trn files, with sclite's reports where sclite is installed
  result.json                         the best, with its 95 % interval over sentences and all that produced it; the summary is printed
With --like DIR nothing is chosen: the one point is the best of the decoding DIR, of a development set, scored before.

  score_words.py data/dev/text exp/tri3/graph/words.txt exp/tri3/decode_dev
  score_words.py --like exp/tri3/decode_dev data/test/text exp/tri3/graph/words.txt exp/tri3/decode_test
"""

from argparse import Namespace
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from cortado.command import command_line, make_parser, run
from cortado.datadir.table import read_table
from cortado.decode.lattice import Lattice
from cortado.decode.lattice_file import read_lattice_folder
from cortado.decode.oracle import oracle
from cortado.decode.score_folder import read_best_weights, remove_scores, write_best, write_sweep
from cortado.decode.sweep import Weights, best_path_words, best_weights, count_all, mbr_words, sweep
from cortado.errors import ConfigError, CortadoError
from cortado.files import file_digest
from cortado.lang.symbols import SymbolTable
from cortado.score.result import code_version, parse_facts
from cortado.score.wer import WordErrors, Words, bootstrap_wer, count_errors
from cortado.score.word_result import FORMAT, Errors, References, WordResult


def main() -> None:
    args = parse_arguments()
    facts = parse_facts(args.info)
    grid = [read_best_weights(args.like)] if args.like else make_grid(args)
    scored = ScoredWords(SymbolTable.read(args.words), args.not_scored.split())
    references = {utterance: scored.of_text(text) for utterance, text in read_table(args.text).items()}
    oracles: dict[str, Words] = {}
    choose = mbr_words if args.mbr == "true" else best_path_words
    hypotheses = sweep(with_oracles(args, scored, references, oracles), grid, choose, scored.of_numbers)
    errors = count_all(references, hypotheses)
    best = best_weights(errors)
    interval = bootstrap_wer(references, hypotheses[best], args.num_draws)
    remove_scores(args.decode_dir)
    write_sweep(args.decode_dir, references, hypotheses, errors)
    write_best(args.decode_dir, references, hypotheses[best], best, errors[best], interval)
    result = WordResult(
        format=FORMAT,
        system=args.system or args.decode_dir.resolve().parent.name,
        condition=args.condition or Path(args.text).resolve().parent.name,
        references=References(args.text, file_digest(args.text), len(references), errors[best].num_words),
        wer=interval,
        errors=error_counts(errors[best]),
        oracle_wer=count_errors(references, oracles).wer,
        lm_weight=best.lm_weight,
        word_penalty=best.word_penalty,
        chosen_on=str(args.like) if args.like else None,
        facts=facts,
        num_draws=args.num_draws,
        version=code_version(Path(__file__).resolve().parent),
        command=command_line(),
    )
    result.write(args.decode_dir / "result.json")
    print(result.summary())


class ScoredWords:
    """Which words count: all of the table but those `not_scored`."""

    def __init__(self, table: SymbolTable, not_scored: Sequence[str]):
        self.table, self.numbers, self.not_scored = table, dict(table), set(not_scored)

    def of_text(self, text: str) -> Words:
        return tuple(word for word in text.split() if word not in self.not_scored)

    def of_numbers(self, numbers: Sequence[int]) -> Words:
        return tuple(word for word in map(self.table.symbol, numbers) if word not in self.not_scored)

    def nearest_to(self, reference: Words, lattice: Lattice) -> Words:
        """The words of a lattice that make the fewest errors; a reference word that no path can have is -1."""
        silent = np.isin(lattice.word, [self.numbers[word] for word in self.not_scored & self.numbers.keys()])
        lattice = replace(lattice, word=np.where(silent, np.int32(0), lattice.word))
        return self.of_numbers(oracle(lattice, [self.numbers.get(word, -1) for word in reference])[1])


def with_oracles(
    args: Namespace, scored: ScoredWords, references: dict[str, Words], oracles: dict[str, Words]
) -> Iterator[tuple[str, Lattice]]:
    """The lattices of the decoding; the oracle of each goes into `oracles`."""
    for utterance, lattice in read_lattice_folder(args.decode_dir):
        if utterance not in references:
            raise CortadoError(f"{args.text} has no reference for utterance {utterance} of {args.decode_dir}")
        oracles[utterance] = scored.nearest_to(references[utterance], lattice)
        yield utterance, lattice


def parse_arguments() -> Namespace:
    parser = make_parser(__doc__)
    parser.add_argument("--min-lm-weight", type=int, default=7, help="the least LM weight of the grid (default 7)")
    parser.add_argument("--max-lm-weight", type=int, default=17, help="the greatest; all whole numbers between are tried (default 17)")
    parser.add_argument("--word-penalties", default="0.0,0.5,1.0", help="cost of each word, separated by commas (default 0.0,0.5,1.0)")
    parser.add_argument("--like", type=Path, metavar="DIR", help="take the best LM weight and penalty of this decoding instead of a grid")
    parser.add_argument(
        "--not-scored", default="", metavar="'WORD ...'", help="words left out of references and hypotheses, such as noises"
    )
    parser.add_argument(
        "--mbr", choices=["true", "false"], default="false", help="words of least expected errors instead of the best path (default false)"
    )
    parser.add_argument("--num-draws", type=int, default=10_000, help="bootstrap draws behind the interval (default 10000)")
    parser.add_argument("--system", metavar="NAME", help="what to call the system in tables (default: the folder above <decode-dir>)")
    parser.add_argument("--condition", metavar="NAME", help="what to call the test set in tables (default: the folder of <text>)")
    parser.add_argument(
        "--info",
        action="append",
        default=[],
        metavar="KEY=VALUE|FILE.json",
        help="facts to record, repeatable; tables show seed, parameters, training_seconds and synthetic (true or false)",
    )
    parser.add_argument("text")
    parser.add_argument("words", metavar="words.txt")
    parser.add_argument("decode_dir", type=Path)
    args = parser.parse_args()
    if args.num_draws < 1:
        raise ConfigError(f"--num-draws is {args.num_draws}, but must be at least 1")
    return args


def make_grid(args: Namespace) -> list[Weights]:
    if not 1 <= args.min_lm_weight <= args.max_lm_weight:
        raise ConfigError(f"--min-lm-weight {args.min_lm_weight} and --max-lm-weight {args.max_lm_weight} are no range of positive numbers")
    try:
        penalties = [float(penalty) for penalty in args.word_penalties.split(",")]
    except ValueError:
        raise ConfigError(f"--word-penalties {args.word_penalties}: expected numbers with commas between them") from None
    return [Weights(weight, penalty) for weight in range(args.min_lm_weight, args.max_lm_weight + 1) for penalty in penalties]


def error_counts(errors: WordErrors) -> Errors:
    return Errors(errors.substitutions, errors.deletions, errors.insertions, errors.num_wrong, errors.num_missing)


if __name__ == "__main__":
    run(main)
