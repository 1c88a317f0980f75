#!/usr/bin/env python3
"""Make the dictionary folder of utils/prepare_lang.sh for the words of a text.

Usage: utils/prepare_dict.sh [options] <text> <dict-dir>

<text> is that of a data directory: an utterance and its words on each line. Words are looked up in --lexicon, if given, then in --source.
Words found nowhere are listed with their counts, the most frequent first, in <dict-dir>/oov_counts, and the first of them printed; they
will be read as --oov-word, which is the phone SPN unless the lexicon says otherwise.

Writes lexicon.txt (lexiconp.txt where the lexicon gives probabilities), silence_phones.txt (SIL, SPN), nonsilence_phones.txt,
optional_silence.txt (SIL), extra_questions.txt and oov_counts.

Examples:
  utils/prepare_dict.sh data/train/text data/local/dict
  utils/prepare_dict.sh --source graphemes data/train/text data/local/dict
  utils/prepare_dict.sh --lexicon my_lexicon.txt --source none --word-list true vocabulary.txt data/local/dict
"""

from collections import Counter
from pathlib import Path

from cortado.command import make_parser, run
from cortado.errors import CortadoError
from cortado.lang.lexicon import Pronunciation
from cortado.lang.make_dictionary import make_dictionary
from cortado.lang.pronounce import as_word_phones, from_cmudict, from_graphemes, from_lexicon
from cortado.lang.rows import read_rows, write_rows


def main() -> None:
    args = parse_arguments()
    counts = count_words(args.text, args.word_list == "true")
    lexicon = look_up(counts, args)
    missing = counts.keys() - {entry.word for entry in lexicon} - {args.oov_word}
    if args.word_phones == "true":
        lexicon = as_word_phones(lexicon)
    dictionary = make_dictionary(lexicon, args.oov_word)
    if len(missing) == len(counts):
        raise CortadoError(
            f"{args.text}: none of its {len(counts)} words has a pronunciation; is it {'a word list' if args.word_list == 'true' else 'a text'}?"
        )
    dictionary.write(args.dict_dir)
    oov = sorted(((word, counts[word]) for word in missing), key=lambda row: (-row[1], row[0]))
    write_rows(args.dict_dir / "oov_counts", oov)
    report(args, counts, oov, len(dictionary.nonsilence_phones))


def parse_arguments():
    parser = make_parser(__doc__)
    parser.add_argument("--source", default="cmudict", choices=("cmudict", "graphemes", "none"), help="default cmudict")
    parser.add_argument("--lexicon", type=Path, metavar="FILE", help="lexicon.txt or lexiconp.txt that is asked first")
    parser.add_argument("--stress", default="false", choices=("true", "false"), help="vowels of cmudict with their stress (default false)")
    parser.add_argument(
        "--word-phones",
        default="false",
        choices=("true", "false"),
        help="phones of each word's own, word_1, word_2, ..., as many as its first pronunciation has, for models of whole words (default false)",
    )
    parser.add_argument("--oov-word", default="<unk>", metavar="WORD", help="default <unk>")
    parser.add_argument("--word-list", default="false", choices=("true", "false"), help="<text> has a word on each line, and no utterances")
    parser.add_argument("text", type=Path)
    parser.add_argument("dict_dir", type=Path, metavar="dict-dir")
    args = parser.parse_args()
    if args.source == "none" and not args.lexicon:
        parser.error("--source none needs a --lexicon")
    return args


def count_words(path: Path, is_word_list: bool) -> Counter[str]:
    """How often each word occurs. Raises DataError for a list with a line of several words, CortadoError when there is no word."""
    counts: Counter[str] = Counter()
    for _, fields in read_rows(path):
        counts.update(fields[:1] if is_word_list else fields[1:])
    if not counts:
        raise CortadoError(f"{path}: has no words behind its utterances; --word-list true is for a word on each line")
    return counts


def look_up(words: Counter[str], args) -> list[Pronunciation]:
    lexicon = from_lexicon(words, args.lexicon) if args.lexicon else []
    left = sorted(words.keys() - {entry.word for entry in lexicon} - {args.oov_word})
    if args.source == "cmudict":
        lexicon += from_cmudict(left, args.stress == "true")
    elif args.source == "graphemes":
        lexicon += from_graphemes(left)
    return lexicon


def report(args, counts: Counter[str], oov: list[tuple[str, int]], num_phones: int) -> None:
    print(f"{args.dict_dir}: {len(counts) - len(oov)} words in {num_phones} phones of speech")
    if oov:
        running = sum(count for _, count in oov)
        first = ", ".join(f"{word} ({count})" for word, count in oov[:10])
        print(
            f"{len(oov)} words, {running} of the {counts.total()} running words, have no pronunciation and will be {args.oov_word}: {first}"
        )
        print(f"all of them: {args.dict_dir / 'oov_counts'}")


if __name__ == "__main__":
    run(main)
