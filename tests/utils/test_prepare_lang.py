"""utils/prepare_dict.sh and utils/prepare_lang.sh: the commands, from a text to a lang folder that OpenFst reads."""

import shutil
import subprocess
from pathlib import Path

import kaldifst
import pytest

from cortado.hmm.topology import read_topology
from cortado.lang import Lang, read_lexicon

UTILS = Path(__file__).resolve().parents[2] / "utils"


def run(command: str, *arguments) -> subprocess.CompletedProcess:
    return subprocess.run(["bash", UTILS / command, *map(str, arguments)], capture_output=True, text=True)


@pytest.fixture
def text(tmp_path) -> Path:
    (tmp_path / "text").write_text("u1 the CAT xqzt\nu2 xqzt sat vlrm\nu3 xqzt\n")
    return tmp_path / "text"


@pytest.fixture
def dictionary(text, tmp_path) -> Path:
    made = run("prepare_dict.sh", text, tmp_path / "my dict")
    assert made.returncode == 0, made.stderr
    return tmp_path / "my dict"


def test_words_without_pronunciation_are_listed_with_their_counts(dictionary, text, tmp_path):
    assert (dictionary / "oov_counts").read_text() == "xqzt 3\nvlrm 1\n"
    said = run("prepare_dict.sh", text, tmp_path / "again").stdout
    assert "2 words, 4 of the 7 running words, have no pronunciation and will be <unk>: xqzt (3), vlrm (1)" in said
    assert {entry.word for entry in read_lexicon(dictionary / "lexicon.txt")} == {"the", "CAT", "sat", "<unk>"}


def test_letters_leave_no_word_without_pronunciation(text, tmp_path):
    assert run("prepare_dict.sh", "--source", "graphemes", text, tmp_path / "dict").returncode == 0
    assert ("xqzt", ("x", "q", "z", "t")) in {(entry.word, entry.phones) for entry in read_lexicon(tmp_path / "dict/lexicon.txt")}
    assert (tmp_path / "dict/oov_counts").read_text() == ""


def test_a_users_lexicon_is_asked_first(text, tmp_path):
    (tmp_path / "lexiconp.txt").write_text("xqzt 1.0 K S T\nCAT 0.5 K AH T\n<unk> 1.0 NOISE\n")
    assert run("prepare_dict.sh", "--lexicon", tmp_path / "lexiconp.txt", text, tmp_path / "dict").returncode == 0
    ways = {(entry.word, entry.probability, entry.phones) for entry in read_lexicon(tmp_path / "dict/lexiconp.txt")}
    assert {("CAT", 0.5, ("K", "AH", "T")), ("xqzt", 1.0, ("K", "S", "T")), ("sat", 1.0, ("S", "AE", "T"))} <= ways
    assert not any(word == "CAT" and probability == 1.0 for word, probability, _ in ways)
    alone = run("prepare_dict.sh", "--lexicon", tmp_path / "lexiconp.txt", "--source", "none", text, tmp_path / "alone")
    assert alone.returncode == 0 and (tmp_path / "alone/oov_counts").read_text() == "sat 1\nthe 1\nvlrm 1\n"


def test_words_have_phones_of_their_own_where_that_is_asked_for(text, tmp_path):
    """As many as the first of two pronunciations has; words without any stay without."""
    (tmp_path / "lexicon.txt").write_text("CAT K AH T\nCAT K T\nsat S AE T\n")
    made = run(
        "prepare_dict.sh", "--word-phones", "true", "--lexicon", tmp_path / "lexicon.txt", "--source", "none", text, tmp_path / "dict"
    )
    assert made.returncode == 0, made.stderr
    ways = {entry.word: entry.phones for entry in read_lexicon(tmp_path / "dict/lexicon.txt")}
    assert ways == {"CAT": ("CAT_1", "CAT_2", "CAT_3"), "sat": ("sat_1", "sat_2", "sat_3"), "<unk>": ("SPN",)}


def test_a_word_list_has_no_utterances(tmp_path):
    (tmp_path / "words").write_text("cat\nsat\n")
    assert run("prepare_dict.sh", "--word-list", "true", tmp_path / "words", tmp_path / "dict").returncode == 0
    assert len(read_lexicon(tmp_path / "dict/lexicon.txt")) == 3
    mistaken = run("prepare_dict.sh", tmp_path / "words", tmp_path / "other")
    assert mistaken.returncode == 1 and "--word-list true" in mistaken.stderr and not (tmp_path / "other").exists()


@pytest.mark.parametrize("form", ["ours", "kaldi"])
def test_a_lang_folder_is_made_and_openfst_reads_its_lexicon(dictionary, tmp_path, form):
    folders = [tmp_path / "tmp", tmp_path / "lang"] if form == "kaldi" else [tmp_path / "lang"]
    made = run("prepare_lang.sh", "--position-dependent-phones", "true", "--num-sil-states", 4, dictionary, "<unk>", *folders)
    assert made.returncode == 0, made.stderr
    assert not (tmp_path / "tmp").exists()
    lang, topology = Lang.read(tmp_path / "lang"), read_topology(tmp_path / "lang/topo")
    assert topology.phones == sorted(lang.silence_phones + lang.nonsilence_phones)
    assert [topology.num_pdf_classes(phone) for phone in (lang.optional_silence, lang.nonsilence_phones[0])] == [4, 3]
    lexicon = kaldifst.StdVectorFst.read(str(tmp_path / "lang/L.fst"))
    said = kaldifst.compose(lexicon, kaldifst.make_linear_acceptor([lang.words["CAT"]]))
    found, phones, words, _ = kaldifst.get_linear_symbol_sequence(kaldifst.shortest_path(said))
    assert found and words == [lang.words["CAT"]] and "K_B AE_I T_E" in " ".join(map(lang.phones.symbol, phones))
    assert run("validate_lang.sh", tmp_path / "lang").returncode == 0


def test_openfsts_own_tools_read_the_lexicon(dictionary, tmp_path):
    fstinfo = shutil.which("fstinfo")
    if not fstinfo:
        pytest.skip("needs OpenFst's command line tools (Debian: libfst-tools)")
    run("prepare_lang.sh", dictionary, "<unk>", tmp_path / "lang")
    for name in ("L.fst", "L_disambig.fst"):
        said = subprocess.run([fstinfo, tmp_path / "lang" / name], capture_output=True, text=True, check=True).stdout
        facts = dict(line.rsplit(None, 1) for line in said.splitlines())
        assert facts["# of states"] == facts["# of connected states"] and facts["error"] == "n" and facts["output matcher"] == "y"


def test_the_same_call_gives_the_same_bytes(dictionary, tmp_path):
    for name in ("a", "b"):
        run("prepare_lang.sh", dictionary, "<unk>", tmp_path / name)
    files = [path.relative_to(tmp_path / "a") for path in sorted((tmp_path / "a").rglob("*")) if path.is_file()]
    assert len(files) > 30
    for file in files:
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


@pytest.mark.parametrize(
    ("options", "oov_word", "message"),
    [
        ([], "<UNK>", "has no word <UNK>"),
        (["--sil-prob", "1"], "<unk>", "silence between words is 1.0"),
        (["--num-nonsil-states", "0"], "<unk>", "at least one state, not 0"),
        (["--num-sil-states", "2"], "<unk>", "silence cannot have 2 states"),
        (["--position-dependent-phones", "yes"], "<unk>", "--position-dependent-phones"),
    ],
)
def test_a_wrong_call_is_one_line_and_leaves_nothing(dictionary, tmp_path, options, oov_word, message):
    refused = run("prepare_lang.sh", *options, dictionary, oov_word, tmp_path / "lang")
    assert refused.returncode == 1 and message in refused.stderr and refused.stderr.count("\n") == 1
    assert not (tmp_path / "lang").exists()


def test_a_phone_of_the_lexicon_that_is_in_no_list_is_named_with_the_line(dictionary, tmp_path):
    lexicon = dictionary / "lexicon.txt"
    lexicon.write_text(lexicon.read_text() + "zebra Z IY B R AH\n")
    refused = run("prepare_lang.sh", dictionary, "<unk>", tmp_path / "lang")
    assert refused.returncode == 1 and f"{lexicon}:6: phone Z of word zebra" in refused.stderr
