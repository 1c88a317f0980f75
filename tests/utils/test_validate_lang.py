"""utils/validate_lang.sh: good folders pass, and faults of any file are named; the rules themselves are tested in tests/lang."""

import shutil
import subprocess
from pathlib import Path

import kaldifst
import pytest

from cortado.lang import Pronunciation
from cortado.lang.dictionary import Dictionary

UTILS = Path(__file__).resolve().parents[2] / "utils"


def run(command: str, *arguments) -> subprocess.CompletedProcess:
    return subprocess.run(["bash", UTILS / command, *map(str, arguments)], capture_output=True, text=True)


@pytest.fixture(scope="module")
def good_lang(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("lang")
    lexicon = [
        Pronunciation(word, 1.0, tuple(phones.split())) for word, phones in (("<unk>", "SPN"), ("a", "B"), ("ab", "A B"), ("eh", "A"))
    ]
    Dictionary(lexicon, [["SIL"], ["SPN"]], [["A"], ["B"]], "SIL").write(folder / "dict")
    made = run("prepare_lang.sh", folder / "dict", "<unk>", folder / "lang")
    assert made.returncode == 0, made.stderr
    return folder / "lang"


@pytest.fixture
def lang(good_lang, tmp_path) -> Path:
    return shutil.copytree(good_lang, tmp_path / "lang")


def test_a_good_folder_passes(good_lang):
    checked = run("validate_lang.sh", good_lang)
    assert checked.returncode == 0 and "Successfully validated" in checked.stdout


def drop_topology_entry(lang: Path) -> str:
    text = (lang / "topo").read_text()
    (lang / "topo").write_text(text.replace("3 4", "3", 1))
    return "topo: phone 4 has no entry"


def break_topology(lang: Path) -> str:
    (lang / "topo").write_text("<Topology> nonsense")
    return "topo:1: expected </Topology>, found nonsense"


def cut_lexicon(lang: Path) -> str:
    (lang / "L.fst").write_bytes((lang / "L.fst").read_bytes()[:-8])
    return "L.fst: is cut or damaged"


def unsort_lexicon(lang: Path) -> str:
    fst = kaldifst.StdVectorFst.read(str(lang / "L.fst"))
    kaldifst.arcsort(fst, "ilabel")
    fst.write(str(lang / "L.fst"))
    return "L.fst: is not sorted by output label"


def use_the_lexicon_without_disambiguation(lang: Path) -> str:
    shutil.copy(lang / "L.fst", lang / "L_disambig.fst")
    return "L_disambig.fst: cannot be determinised: the phones of eh are, or begin, those of ab"


def use_an_old_lexicon(lang: Path) -> str:
    for name in ("lexiconp.txt", "phones/align_lexicon.txt", "phones/align_lexicon.int"):
        path = lang / name
        path.write_text(path.read_text().replace("A B", "B A").replace("3 4", "4 3"))
    return "L.fst: lacks ab as 'B A' (1 such in all)"


def contradict_in_two_files(lang: Path) -> str:
    (lang / "phones/sets.int").write_text("1\n2\n3\n3\n")
    return f"{lang}/phones/sets.int:4: phone 3 is there twice\n{lang}/phones/sets.int: phone 4 (B) is missing"


@pytest.mark.parametrize(
    "spoil",
    [
        drop_topology_entry,
        break_topology,
        cut_lexicon,
        unsort_lexicon,
        use_the_lexicon_without_disambiguation,
        use_an_old_lexicon,
        contradict_in_two_files,
    ],
)
def test_a_spoilt_folder_is_refused_with_the_reason(lang, spoil):
    complaint = spoil(lang)
    checked = run("validate_lang.sh", lang)
    assert checked.returncode == 1 and complaint in checked.stderr and "Traceback" not in checked.stderr, checked.stderr
    assert "is not a valid lang directory" in checked.stderr
