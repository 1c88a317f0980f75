"""The dictionary folder that a lang folder is made from, in Kaldi's layout: a lexicon, and which phones are silence and which speech."""

from dataclasses import dataclass, field
from pathlib import Path

from cortado.errors import DataError
from cortado.lang.lexicon import Pronunciation, read_lexicon, write_lexicon
from cortado.lang.rows import read_rows, write_rows
from cortado.lang.symbols import EPSILON

# Words that mean something to graphs and language models, and so cannot be said.
RESERVED_WORDS = (EPSILON, "<s>", "</s>", "#0")


@dataclass(frozen=True)
class Dictionary:
    """Each list in `silence_sets` and `nonsilence_sets` holds phones that share a root of the decision tree (one phone with its
    stresses, say); `extra_questions` are sets of phones that the tree may ask for. `path` is the folder, for messages.
    """

    lexicon: list[Pronunciation]
    silence_sets: list[list[str]]
    nonsilence_sets: list[list[str]]
    optional_silence: str
    extra_questions: list[list[str]] = field(default_factory=list)
    path: Path = Path("dictionary")

    @classmethod
    def read(cls, folder: str | Path) -> "Dictionary":
        """lexiconp.txt, or lexicon.txt without it; silence_phones.txt, nonsilence_phones.txt, optional_silence.txt, extra_questions.txt
        (may be missing). Raises DataError with file and line for what is malformed or contradicts another file.
        """
        folder = Path(folder)
        lexicon_path = _lexicon_path(folder)
        optional = [fields for _, fields in read_rows(folder / "optional_silence.txt")]
        if len(optional) != 1 or len(optional[0]) != 1:
            raise DataError(folder / "optional_silence.txt", "expected one phone")
        questions = folder / "extra_questions.txt"
        dictionary = cls(
            lexicon=read_lexicon(lexicon_path),
            silence_sets=_read_sets(folder / "silence_phones.txt"),
            nonsilence_sets=_read_sets(folder / "nonsilence_phones.txt"),
            optional_silence=optional[0][0],
            extra_questions=[fields for _, fields in read_rows(questions, may_be_empty=True)] if questions.exists() else [],
            path=folder,
        )
        dictionary._check(lexicon_path)
        return dictionary

    def write(self, folder: str | Path) -> None:
        """lexiconp.txt if some probability is not 1, else lexicon.txt; the other one is removed."""
        folder = Path(folder)
        names = ["lexicon.txt", "lexiconp.txt"]
        if all(entry.probability == 1 for entry in self.lexicon):
            names.reverse()
        write_rows(folder / "silence_phones.txt", self.silence_sets)
        write_rows(folder / "nonsilence_phones.txt", self.nonsilence_sets)
        write_rows(folder / "optional_silence.txt", [[self.optional_silence]])
        write_rows(folder / "extra_questions.txt", self.extra_questions)
        write_lexicon(folder / names[1], self.lexicon)
        (folder / names[0]).unlink(missing_ok=True)

    @property
    def silence_phones(self) -> list[str]:
        return [phone for phones in self.silence_sets for phone in phones]

    @property
    def nonsilence_phones(self) -> list[str]:
        return [phone for phones in self.nonsilence_sets for phone in phones]

    def _check(self, lexicon_path: Path) -> None:
        """Raise DataError where one file contradicts another."""
        known = set(self.silence_phones) | set(self.nonsilence_phones)
        both = set(self.silence_phones) & set(self.nonsilence_phones)
        if both:
            raise DataError(self.path / "nonsilence_phones.txt", f"phone {min(both)} is also in silence_phones.txt")
        if self.optional_silence not in self.silence_phones:
            raise DataError(self.path / "optional_silence.txt", f"phone {self.optional_silence} is not in silence_phones.txt")
        for line, (word, _, phones) in enumerate(self.lexicon, 1):
            if word in RESERVED_WORDS:
                raise DataError(lexicon_path, f"{word} is reserved and cannot be a word", line)
            for phone in phones:
                if phone not in known:
                    raise DataError(lexicon_path, f"phone {phone} of word {word} is in neither silence_phones nor nonsilence_phones", line)
        for line, question in enumerate(self.extra_questions, 1):
            for phone in question:
                if phone not in known:
                    raise DataError(self.path / "extra_questions.txt", f"phone {phone} is in no other file", line)


def _lexicon_path(folder: Path) -> Path:
    paths = [folder / name for name in ("lexiconp.txt", "lexicon.txt") if (folder / name).exists()]
    if not paths:
        raise DataError(folder, "has neither lexicon.txt nor lexiconp.txt; utils/prepare_dict.sh makes a dictionary")
    if len(paths) == 2:
        with_probabilities, without = ({(entry.word, entry.phones) for entry in read_lexicon(path)} for path in paths)
        if with_probabilities != without:
            raise DataError(paths[0], f"has other pronunciations than {paths[1].name}; remove the one that is out of date")
    return paths[0]


def _read_sets(path: Path) -> list[list[str]]:
    sets: list[list[str]] = []
    seen: set[str] = set()
    for line, phones in read_rows(path):
        for phone in phones:
            if phone in seen:
                raise DataError(path, f"phone {phone} is given twice", line)
            if phone.startswith("#") or phone == EPSILON:
                raise DataError(path, f"{phone} is reserved and cannot be a phone", line)
            seen.add(phone)
        sets.append(phones)
    return sets
