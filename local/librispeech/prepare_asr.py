#!/usr/bin/env python3
"""Data directories for speech recognition from a LibriSpeech tree, its published lexicon and its published language models.

    local/librispeech/prepare_asr.py --corpus /corpora/LibriSpeech --lm /corpora/librispeech-lm data

The tree (openslr.org/12) holds SPEAKERS.TXT and subsets (train-clean-100/READER/CHAPTER/READER-CHAPTER-NNNN.flac with
READER-CHAPTER.trans.txt). All subsets found are used, or those named with --subsets; train-clean-100 becomes <data>/train_clean_100, with
wav.scp, text, utt2spk, spk2utt and spk2gender. As in Kaldi's recipe, a reader in another chapter is another speaker: microphones change
between chapters.

The folder of --lm (openslr.org/11) holds librispeech-lexicon.txt and the language models. The lexicon becomes <data>/local/lexicon.txt
without repeated lines, and its words <data>/local/vocabulary. The models get links under the names of Kaldi's recipe, and are only looked
into, so that a wrong file shows before hours of training: <data>/local/lm/tgsmall.arpa.gz is 3-gram.pruned.3e-7.arpa.gz, tgmed is
3-gram.pruned.1e-7.arpa.gz, tglarge is 3-gram.arpa.gz, fglarge is 4-gram.arpa.gz.
"""

import gzip
import re
from pathlib import Path

from prepare_speakers import read_genders

from cortado.command import make_parser, progress, run
from cortado.datadir import read_table, utt2spk_to_spk2utt, write_table
from cortado.datadir.table import few
from cortado.errors import CortadoError, DataError
from cortado.lang.rows import read_rows, write_rows

NGRAM_COUNT = re.compile(r"ngram (\d+) *= *(\d+)")
LEXICON = "librispeech-lexicon.txt"
MODELS = {
    "tgsmall": "3-gram.pruned.3e-7.arpa.gz",
    "tgmed": "3-gram.pruned.1e-7.arpa.gz",
    "tglarge": "3-gram.arpa.gz",
    "fglarge": "4-gram.arpa.gz",
}


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--corpus", required=True, type=Path, help="the LibriSpeech folder: SPEAKERS.TXT and the subsets")
    parser.add_argument("--subsets", default="", metavar="'A B'", help="use these subsets only (default: all that are there)")
    parser.add_argument("--lm", required=True, type=Path, metavar="DIR", help=f"the folder with {LEXICON} and the language models")
    parser.add_argument("--models", default=" ".join(MODELS), metavar="'A B'", help="language models to use (default: %(default)s)")
    parser.add_argument("data", type=Path)
    args = parser.parse_args()
    models = find_models(args.lm, args.models.split())
    subsets = find_subsets(args.corpus, args.subsets.split())
    genders = read_genders(args.corpus / "SPEAKERS.TXT")
    for path in models.values():
        print(f"{path}: {arpa_summary(path)}")
    link_models(models, args.data / "local/lm")
    print(f"{args.data / 'local/lexicon.txt'}: {write_lexicon(args.lm / LEXICON, args.data / 'local')}")
    for subset in subsets:
        folder = args.data / subset.name.replace("-", "_")
        num_utts = write_data_dir(subset, folder, genders)
        print(f"{folder}: {num_utts} utterances")


def find_models(folder: Path, names: list[str]) -> dict[str, Path]:
    """Name -> published file. Raises CortadoError for an unknown name, and naming all that the folder lacks, the lexicon too."""
    unknown = sorted(set(names) - MODELS.keys())
    if unknown:
        raise CortadoError(f"--models: {few(unknown)} is none of {', '.join(MODELS)}")
    models = {name: folder / MODELS[name] for name in names}
    missing = [path.name for path in (folder / LEXICON, *models.values()) if not path.is_file()]
    if missing:
        raise CortadoError(f"--lm '{folder}': there is no {', no '.join(missing)} in it; openslr.org/11 has them")
    return models


def link_models(models: dict[str, Path], folder: Path) -> None:
    """folder/NAME.arpa.gz for each model; a link of an earlier call is replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, path in models.items():
        link = folder / f"{name}.arpa.gz"
        link.unlink(missing_ok=True)
        link.symlink_to(path.absolute())


def arpa_summary(path: Path) -> str:
    """The numbers of n-grams in an ARPA file's header. Raises DataError for any other file."""
    opener = gzip.open if path.suffix == ".gz" else open
    counts: list[str] = []
    try:
        with opener(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                match = NGRAM_COUNT.fullmatch(line.strip())
                if match:
                    counts.append(match[2])
                elif line.startswith("\\") and line.strip() != "\\data\\":
                    break
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise DataError(path, f"cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if not counts:
        raise DataError(path, "is no ARPA language model: 'ngram 1=...' was not found")
    return f"a {len(counts)}-gram of {' + '.join(counts)} n-grams"


def write_lexicon(path: Path, folder: Path) -> str:
    """lexicon.txt and vocabulary, sorted; how large they are. Raises DataError with the line for a word without phones."""
    entries = set()
    for number, fields in read_rows(path):
        if len(fields) < 2:
            raise DataError(path, f"word {fields[0]} has no phones", number)
        entries.add(tuple(fields))
    words = sorted({word for word, *_ in entries})
    write_rows(folder / "lexicon.txt", sorted(entries))
    write_rows(folder / "vocabulary", ([word] for word in words))
    return f"{len(entries)} pronunciations of {len(words)} words"


def find_subsets(corpus: Path, names: list[str]) -> list[Path]:
    """The folders of the subsets named, else of all, sorted by name. Raises CortadoError naming all that the corpus lacks."""
    subsets = [corpus / name for name in names] or sorted(path for path in corpus.glob("*-*") if path.is_dir())
    if not (corpus / "SPEAKERS.TXT").is_file() or not subsets:
        raise CortadoError(f"--corpus '{corpus}': give the folder that holds SPEAKERS.TXT and subsets such as train-clean-100")
    missing = [subset.name for subset in subsets if not subset.is_dir()]
    if missing:
        raise CortadoError(f"--corpus '{corpus}': there is no {', no '.join(missing)} in it; openslr.org/12 has them")
    return subsets


def write_data_dir(subset: Path, folder: Path, genders: dict[str, str]) -> int:
    """The data directory of a subset; the number of its utterances. Raises DataError for what is missing or left over."""
    chapters = sorted(subset.glob("*/*/*.trans.txt"))
    if not chapters:
        raise DataError(subset, "has no READER/CHAPTER/READER-CHAPTER.trans.txt")
    texts: dict[str, str] = {}
    recordings: dict[str, Path] = {}
    for chapter in progress(chapters, len(chapters), "chapters"):
        own = read_table(chapter)
        texts |= own
        recordings |= find_recordings(chapter, own)
    utt2spk = {utterance: utterance.rpartition("-")[0] for utterance in texts}
    require_genders(utt2spk, genders, subset)
    spk2utt = utt2spk_to_spk2utt(utt2spk)
    write_table(folder / "wav.scp", recordings)
    write_table(folder / "text", texts)
    write_table(folder / "utt2spk", utt2spk)
    write_table(folder / "spk2utt", {speaker: " ".join(names) for speaker, names in spk2utt.items()})
    write_table(folder / "spk2gender", {speaker: genders[speaker.partition("-")[0]] for speaker in spk2utt})
    return len(texts)


def find_recordings(chapter: Path, texts: dict[str, str]) -> dict[str, Path]:
    """The FLAC of each line of a transcript. Raises DataError where a line has none, or one has no line."""
    found = {path.stem: path.absolute() for path in chapter.parent.glob("*.flac")}
    name = chapter.name.removesuffix(".trans.txt")
    for utterance in texts:
        if utterance not in found or not utterance.startswith(f"{name}-"):
            raise DataError(chapter, f"utterance {utterance} has no recording {utterance}.flac of chapter {name} beside it")
    left_over = sorted(found.keys() - texts.keys())
    if left_over:
        raise DataError(chapter, f"has no line for the recordings {few(left_over)}")
    return found


def require_genders(utt2spk: dict[str, str], genders: dict[str, str], subset: Path) -> None:
    unknown = sorted({speaker.partition("-")[0] for speaker in utt2spk.values()} - genders.keys())
    if unknown:
        raise DataError(subset.parent / "SPEAKERS.TXT", f"has no reader {few(unknown)}, but {subset.name} has")


if __name__ == "__main__":
    run(main)
