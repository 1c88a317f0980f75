"""lexicon.txt and lexiconp.txt."""

import pytest

from cortado.errors import DataError
from cortado.lang import Pronunciation, read_lexicon, write_lexicon

ENTRIES = [Pronunciation("read", 1.0, ("R", "IY", "D")), Pronunciation("read", 0.3, ("R", "EH", "D")), Pronunciation("a", 1.0, ("AH",))]


def test_probabilities_survive_in_lexiconp_alone(tmp_path):
    for name in ("lexicon.txt", "lexiconp.txt"):
        write_lexicon(tmp_path / name, ENTRIES)
    assert read_lexicon(tmp_path / "lexiconp.txt") == ENTRIES
    assert read_lexicon(tmp_path / "lexicon.txt") == [entry._replace(probability=1.0) for entry in ENTRIES]


def test_tabs_and_several_blanks_separate_and_other_spaces_belong_to_the_word(tmp_path):
    (tmp_path / "lexicon.txt").write_text("a\tAH \n pommes\u00a0frites  P  F\n")
    assert [(word, phones) for word, _, phones in read_lexicon(tmp_path / "lexicon.txt")] == [
        ("a", ("AH",)),
        ("pommes\u00a0frites", ("P", "F")),
    ]


@pytest.mark.parametrize(
    ("name", "line", "message"),
    [
        ("lexicon.txt", "bee", "word bee has no phones"),
        ("lexicon.txt", "a AH", "word a has the pronunciation 'AH' twice"),
        ("lexiconp.txt", "bee B IY", "expected a probability .* found B"),
        ("lexiconp.txt", "bee 0 B", "found 0"),
        ("lexiconp.txt", "bee 1.5 B", "found 1.5"),
        ("lexiconp.txt", "bee nan B", "found nan"),
        ("lexiconp.txt", "bee 1", "word bee has no phones"),
        ("lexiconp.txt", "bee", "found nothing"),
        ("lexicon.txt", "", "is an empty line"),
        ("lexicon.txt", "bee B\r", "carriage return"),
        ("lexicon.txt", b"b\xff B", "not UTF-8"),
    ],
)
def test_a_bad_line_is_refused_with_its_number(tmp_path, name, line, message):
    first = b"a 1.0 AH\n" if name == "lexiconp.txt" else b"a AH\n"
    (tmp_path / name).write_bytes(first + (line if isinstance(line, bytes) else line.encode()) + b"\nlast 1.0 L\n")
    with pytest.raises(DataError, match=f"{name}:2: .*{message}"):
        read_lexicon(tmp_path / name)
