"""A lang folder as Kaldi's prepare_lang.sh leaves it, written here from its definition: read as one of ours, or refused in one sentence."""

import math
import subprocess
from pathlib import Path

import kaldifst
import pytest

from cortado.errors import DataError
from cortado.lang import Lang
from cortado.lang.files import WordPhones

VALIDATE = Path(__file__).resolve().parents[2] / "utils/validate_lang.sh"
PLACES = {"_B": "begin", "_E": "end", "_I": "internal", "_S": "singleton"}
SILENCE = [phone + place for phone in ("SIL", "SPN") for place in ("", *PLACES)]
SPEECH = [phone + place for phone in ("AH", "EY", "T") for place in PLACES]
DISAMBIG = ["#0", "#1", "#2", "#3"]  # two for homophones, the last behind silence
WORDS = ["!SIL", "<UNK>", "a", "at", "ate", "eight", "#0", "<s>", "</s>"]
LEXICON = [  # as in Kaldi's temporary lexiconp.txt, which does not stay
    ("!SIL", 1.0, "SIL_S"),
    ("<UNK>", 1.0, "SPN_S"),
    ("a", 1.0, "AH_S"),
    ("a", 0.25, "EY_S"),
    ("at", 1.0, "AH_B T_E"),
    ("ate", 1.0, "EY_B T_E"),
    ("eight", 0.5, "EY_B AH_I T_E"),
    ("eight", 1.0, "EY_B T_E"),
]

HOMOPHONES = {"ate": "#1", "eight": "#2"}


def numbers(names: list[str]) -> dict[str, int]:
    return {name: number for number, name in enumerate(["<eps>", *names])}


PHONE, WORD = numbers([*SILENCE, *SPEECH, *DISAMBIG]), numbers(WORDS)


def lines(rows) -> str:
    return "".join(" ".join(map(str, row)) + "\n" for row in rows)


def write_kaldi_lang(folder: Path, **fst_options) -> Path:
    lists = folder / "phones"
    lists.mkdir(parents=True)
    (folder / "words.txt").write_text(lines(WORD.items()))
    (folder / "phones.txt").write_text(lines(PHONE.items()))
    (folder / "oov.txt").write_text("<UNK>\n")
    (folder / "oov.int").write_text(f"{WORD['<UNK>']}\n")
    columns = {"silence": SILENCE, "nonsilence": SPEECH, "context_indep": SILENCE, "optional_silence": ["SIL"], "disambig": DISAMBIG}
    for name, phones in columns.items():
        (lists / f"{name}.csl").write_text(":".join(str(PHONE[phone]) for phone in phones) + "\n")
    sets = [SILENCE[:5], SILENCE[5:], SPEECH[:4], SPEECH[4:8], SPEECH[8:]]
    tables = {name: [[phone] for phone in phones] for name, phones in columns.items()}
    tables |= {"sets": sets, "roots": [["shared", "split", *phones] for phones in sets], "extra_questions": [SPEECH[::4], SPEECH[1::4]]}
    boundary = {phone: PLACES.get(phone[-2:], "nonword") for phone in (*SILENCE, *SPEECH)}
    tables |= {"word_boundary": list(boundary.items())}
    for name, rows in tables.items():
        (lists / f"{name}.txt").write_text(lines(rows))
        (lists / f"{name}.int").write_text(lines([PHONE.get(field, field) for field in row] for row in rows))
    (lists / "wdisambig.txt").write_text("#0\n")
    (lists / "wdisambig_phones.int").write_text(f"{PHONE['#0']}\n")
    (lists / "wdisambig_words.int").write_text(f"{WORD['#0']}\n")
    entries = sorted([("<eps>", "<eps>", "SIL"), *((word, word, *phones.split()) for word, _, phones in LEXICON)])
    (lists / "align_lexicon.txt").write_text(lines(entries))
    (lists / "align_lexicon.int").write_text(lines([WORD[w], WORD[v], *(PHONE[p] for p in phones)] for w, v, *phones in entries))
    write_topo(folder / "topo")
    write_lexicon_fst(folder / "L.fst", **fst_options)
    write_lexicon_fst(folder / "L_disambig.fst", disambig=True)
    return folder


def write_topo(path: Path) -> None:
    """As gen_topo.pl does, with one state for each silence."""
    states = "<State> 0 <PdfClass> 0 <Transition> 0 0.75 <Transition> 1 0.25 </State>\n<State> 1 </State>\n"
    entry = "<TopologyEntry>\n<ForPhones>\n{}\n</ForPhones>\n" + states + "</TopologyEntry>\n"
    phones = [" ".join(str(PHONE[phone]) for phone in own) for own in (SPEECH, SILENCE)]
    path.write_text("<Topology>\n" + "".join(map(entry.format, phones)) + "</Topology>\n")


def write_lexicon_fst(path: Path, sil_prob: float = 0.5, form: str = "py", disambig: bool = False) -> None:
    """What make_lexicon_fst prints, compiled and sorted by output label. The older .pl begins with silence and ends in costs."""
    none, some = -math.log(1 - sil_prob), -math.log(sil_prob)
    arcs = [(0, 1, "<eps>", "<eps>", none)]
    arcs += [(0, 2, "<eps>", "<eps>", some) if form == "py" else (0, 1, "SIL", "<eps>", some)]
    arcs += [(2, 3, "SIL", "<eps>", 0), (3, 1, "#3", "<eps>", 0)] if disambig else [(2, 1, "SIL", "<eps>", 0)]
    following = 4
    for word, probability, phones in LEXICON:
        said = [*phones.split(), *([HOMOPHONES[word]] if disambig and phones == "EY_B T_E" else [])]
        state, cost = 1, -math.log(probability)
        for place, phone in enumerate(said[:-1]):
            own = cost if place == 0 and form == "py" else 0
            arcs.append((state, following, phone, word if place == 0 else "<eps>", own))
            state, following = following, following + 1
        own, label = (0 if len(said) > 1 and form == "py" else cost), word if len(said) == 1 else "<eps>"
        arcs += [(state, 1, said[-1], label, none + own), (state, 2, said[-1], label, some + own)]
    if disambig:
        arcs.append((1, 1, "#0", "#0", 0))
    text = lines((src, dst, PHONE[phone], WORD[word], cost) for src, dst, phone, word, cost in arcs) + "1 0\n"
    fst = kaldifst.compile(text)
    kaldifst.arcsort(fst, "olabel")
    assert fst.write(str(path))


@pytest.mark.parametrize("form", ["py", "pl"])
@pytest.mark.parametrize("sil_prob", [0.5, 0.2])
def test_words_phones_and_probabilities_are_those_that_kaldi_was_given(tmp_path, form, sil_prob):
    lang = Lang.read(write_kaldi_lang(tmp_path / "lang", sil_prob=sil_prob, form=form))
    wanted = [WordPhones(WORD[word], math.log(p), tuple(PHONE[phone] for phone in phones.split())) for word, p, phones in LEXICON]
    assert [(entry.word, entry.phones) for entry in lang.pronunciations] == sorted((word, phones) for word, _, phones in wanted)
    assert {entry[::2]: entry.log_prob for entry in lang.pronunciations} == pytest.approx(
        {entry[::2]: entry.log_prob for entry in wanted}, abs=2e-6
    )
    assert lang.sil_prob == pytest.approx(sil_prob, abs=2e-6) and lang.optional_silence == PHONE["SIL"]
    assert lang.word_boundary[PHONE["T_E"]] == "end" and lang.word_boundary[PHONE["SIL"]] == "nonword"


def test_without_silence_between_words_a_word_may_still_end_in_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = write_kaldi_lang(tmp_path / "lang")
    (folder / "L.fst").write_bytes(compiled(f"0 1 {PHONE['AH_B']} {WORD['a']}\n1 0 {PHONE['SIL']} 0\n0 0\n"))
    lang = Lang.read(folder)
    assert lang.sil_prob == 0 and lang.pronunciations == [WordPhones(WORD["a"], 0.0, (PHONE["AH_B"], PHONE["SIL"]))]


def test_the_folder_is_valid(tmp_path):
    checked = subprocess.run(["bash", VALIDATE, write_kaldi_lang(tmp_path / "lang")], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr


def compiled(text: str) -> bytes:
    fst, path = kaldifst.compile(text), Path("L.fst")
    fst.write(str(path))
    return path.read_bytes()


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda path: path.unlink(), "has neither lexiconp.txt, as utils/prepare_lang.sh makes it, nor L.fst, as Kaldi does"),
        (lambda path: path.write_bytes(path.read_bytes()[:200]), "cannot be read as an OpenFst vector transducer"),
        (
            lambda path: path.write_bytes(compiled("0 1 0 0 0.6\n0 2 0 0 0.6\n1 2 11 3\n1 0\n2 0\n")),
            "own probability of silence .lexiconp_silprob",
        ),
        (lambda path: path.write_bytes(compiled("0 1 1 0 0.6\n1 1 11 3\n1 0\n")), "has no way without silence"),
        (lambda path: path.write_bytes(compiled("0 1 0 0 0.6\n1 1 11 3\n1 0\n")), "a costs 0, less than"),
        (lambda path: path.write_bytes(compiled("0 0 11 99\n0 0\n")), "has word 99 with phone 11; words.txt or phones.txt"),
        (lambda path: path.write_bytes(compiled("0 0 11 0\n0 0\n")), "a way without a word"),
        (lambda path: path.write_bytes(compiled("0 1 11 3\n1 1 12 0\n1 0 12 0\n0 0\n")), "has a loop within the word a"),
    ],
)
def test_a_lexicon_that_cannot_be_used_is_one_sentence_with_the_file(tmp_path, monkeypatch, spoil, message):
    monkeypatch.chdir(tmp_path)
    spoil(write_kaldi_lang(tmp_path / "lang") / "L.fst")
    with pytest.raises(DataError, match=message) as error:
        Lang.read(tmp_path / "lang")
    assert str(tmp_path / "lang") in str(error.value)
