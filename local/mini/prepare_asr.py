#!/usr/bin/env python3
"""Write the data directories train, dev and test of the mini recognition corpus, and what is known of its language.

Each directory gets wav.scp, utt2spk, spk2utt, text, spk2gender, ctm and phones.ctm (the synthesiser's own times). <data>/local gets

  lexicon.txt  how the training speakers say each word, in the synthesiser's phones
  vocabulary   the words of the grammar
  grammar      the slots of a sentence, each with its words
  lm_train     the training sentences, one a line, without utterance names

Example: local/mini/prepare_asr.py data/corpus data
"""

from pathlib import Path

from prepare_speakers import REMEDY, existing, read_speakers

from cortado.command import make_parser, run
from cortado.datadir import read_table, utt2spk_to_spk2utt, write_table
from cortado.errors import DataError
from cortado.lang import Pronunciation, write_lexicon
from cortado.lang.rows import read_rows, write_rows

SUBSETS = ("train", "dev", "test")
Ctm = list[list[str]]  # utterance, channel, start, duration, word or phone


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("corpus", type=Path, help="the folder that make_asr_corpus.py made")
    parser.add_argument("data", type=Path, help="folder of the data directories")
    args = parser.parse_args()
    for subset in SUBSETS:
        tables, words, phones = read_subset(args.corpus, subset)
        for name, rows in tables.items():
            write_table(args.data / subset / name, rows)
        write_rows(args.data / subset / "ctm", words)
        write_rows(args.data / subset / "phones.ctm", phones)
        if subset == "train":
            write_lexicon(args.data / "local/lexicon.txt", find_pronunciations(words, phones))
            write_rows(args.data / "local/lm_train", ([text] for _, text in sorted(tables["text"].items())))
        print(f"{args.data / subset}: {len(tables['utt2spk'])} utterances of {len(tables['spk2utt'])} SYNTHETIC speakers")
    grammar = [fields for _, fields in read_rows(args.corpus / "grammar")]
    write_rows(args.data / "local/grammar", grammar)
    write_rows(args.data / "local/vocabulary", ([word] for word in sorted({word for _, *words in grammar for word in words})))


def read_subset(corpus: Path, subset: str) -> tuple[dict[str, dict[str, str]], Ctm, Ctm]:
    """The tables of a data directory by name, and the times of its words and phones. Raises DataError where something is missing."""
    tables: dict[str, dict[str, str]] = {name: {} for name in ("wav.scp", "utt2spk", "text", "spk2gender")}
    words: Ctm = []
    phones: Ctm = []
    for speaker, gender, count in read_speakers(corpus, subset):
        folder = corpus / subset / speaker
        texts = read_table(folder / f"{speaker}.trans.txt")
        if len(texts) != count:
            raise DataError(folder, f"has {len(texts)} utterances, SPEAKERS.TXT says {count}; {REMEDY}")
        words += (fields for _, fields in read_rows(folder / f"{speaker}.words.ctm"))
        phones += (fields for _, fields in read_rows(folder / f"{speaker}.phones.ctm"))
        tables["spk2gender"][speaker] = gender
        for utterance, text in texts.items():
            tables["wav.scp"][utterance] = existing(folder / f"{utterance}.flac")
            tables["utt2spk"][utterance] = speaker
            tables["text"][utterance] = text
    tables["spk2utt"] = {speaker: " ".join(names) for speaker, names in utt2spk_to_spk2utt(tables["utt2spk"]).items()}
    return tables, words, phones


def find_pronunciations(words: Ctm, phones: Ctm) -> list[Pronunciation]:
    """Each way in which a word is said, sorted: the phones from its start to the next word's."""
    starts = {(utterance, start): place for place, (utterance, _, start, _, _) in enumerate(words)}
    said: list[list[str]] = [[] for _ in words]
    place = -1
    for utterance, _, start, _, phone in phones:
        place = starts.get((utterance, start), place)
        said[place].append(phone)
    ways = {(fields[-1], tuple(own)) for fields, own in zip(words, said, strict=True)}
    return [Pronunciation(word, 1.0, own) for word, own in sorted(ways)]


if __name__ == "__main__":
    run(main)
