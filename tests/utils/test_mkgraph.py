"""utils/format_lm.sh and utils/mkgraph.sh: the commands, from a lang folder and a model to a folder one can decode with."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from cortado.graph.fst import Fst
from cortado.hmm.gmm import DiagGmms
from cortado.hmm.model import write_model
from cortado.hmm.topology import read_topology
from cortado.hmm.transition_model import TransitionModel
from cortado.hmm.tree import monophone_tree, write_tree
from cortado.lang import Lang

UTILS = Path(__file__).resolve().parents[2] / "utils"
ARPA = """\\data\\
ngram 1=5
ngram 2=2

\\1-grams:
-99\t<s>\t-0.3
-1\t</s>
-2\t<unk>
-0.4\tred\t-0.2
-0.5\tread\t-0.3

\\2-grams:
-0.2\t<s> red
-0.3\tred read

\\end\\
"""


def run(command: str, *arguments) -> subprocess.CompletedProcess:
    return subprocess.run(["bash", UTILS / command, *map(str, arguments)], capture_output=True, text=True)


def run_well(command: str, *arguments) -> str:
    done = run(command, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A folder with lang, a monophone model, an n-gram model and their graph; homophones, and a word of one phone that begins others."""
    folder = tmp_path_factory.mktemp("my exp")
    dictionary = folder / "dict"
    dictionary.mkdir()
    (dictionary / "lexicon.txt").write_text("are R\nred R EH D\nread R EH D\n<oov> SPN\n")
    for name, text in (("silence_phones", "SIL\nSPN\n"), ("optional_silence", "SIL\n"), ("nonsilence_phones", "R\nEH\nD\n")):
        (dictionary / f"{name}.txt").write_text(text)
    run_well("prepare_lang.sh", dictionary, "<oov>", folder / "lang")
    write_monophone_model(folder / "lang", folder / "mono")
    (folder / "lm.arpa").write_text(ARPA)
    run_well("format_lm.sh", folder / "lang", folder / "lm.arpa", folder / "lang_test")
    (folder / "said").write_text(run_well("mkgraph.sh", folder / "lang_test", folder / "mono", folder / "graph"))
    return folder


def write_monophone_model(lang_dir: Path, model_dir: Path) -> None:
    lang, topology = Lang.read(lang_dir), read_topology(lang_dir / "topo")
    tree = monophone_tree(lang.phone_sets, topology)
    num_pdfs = tree.num_pdfs
    gmms = DiagGmms(np.arange(num_pdfs + 1), np.ones(num_pdfs), np.zeros((num_pdfs, 2)), np.ones((num_pdfs, 2)))
    model_dir.mkdir()
    write_tree(model_dir / "tree", tree)
    write_model(model_dir / "final.mdl", TransitionModel.from_tree(tree, topology), gmms)


def test_format_lm_adds_a_grammar_to_a_copy_of_the_lang_folder(made):
    lang = Lang.read(made / "lang_test")
    grammar = Fst.read(made / "lang_test/G.fst")
    assert not (made / "lang/G.fst").exists()
    assert set(grammar.ilabel.tolist()) == {lang.words["red"], lang.words["read"], lang.word_disambig}


def test_the_folder_has_what_kaldi_puts_there(made):
    graph = made / "graph"
    fst = Fst.read(graph / "HCLG.fst")
    assert f"{fst.num_states} states, {fst.num_arcs} arcs" in (made / "said").read_text()
    assert (graph / "words.txt").read_bytes() == (made / "lang/words.txt").read_bytes()
    assert (graph / "phones.txt").read_bytes() == (made / "lang/phones.txt").read_bytes()
    assert sorted(path.name for path in (graph / "phones").iterdir()) == sorted(path.name for path in (made / "lang/phones").iterdir())
    assert (graph / "num_pdfs").read_text() == "19\n"  # two silences of five states, three phones of three
    disambig = (graph / "disambig_tid.int").read_text().split()
    assert fst.ilabel.max() < int(disambig[0])


def test_openfst_says_that_the_graph_is_sound(made):
    if not shutil.which("fstinfo"):
        pytest.skip("needs OpenFst's tools (Debian: libfst-tools)")
    said = subprocess.run(["fstinfo", made / "graph/HCLG.fst"], capture_output=True, text=True, check=True).stdout
    found = dict(line.rsplit(None, 1) for line in said.splitlines() if len(line.split()) > 1)
    fst = Fst.read(made / "graph/HCLG.fst")
    assert int(found["# of states"]) == int(found["# of accessible states"]) == int(found["# of coaccessible states"]) == fst.num_states
    assert int(found["# of arcs"]) == fst.num_arcs


def test_a_graph_is_made_again_only_when_an_input_or_an_option_has_changed(made, tmp_path):
    for name in ("lang_test", "mono", "graph"):
        shutil.copytree(made / name, tmp_path / name)
    call = (tmp_path / "lang_test", tmp_path / "mono", tmp_path / "graph")
    first = (tmp_path / "graph/HCLG.fst").read_bytes()
    assert "is there already" in run_well("mkgraph.sh", *call)
    assert "states" in run_well("mkgraph.sh", "--self-loop-scale", 1.0, *call)
    assert (tmp_path / "graph/HCLG.fst").read_bytes() != first
    assert "states" in run_well("mkgraph.sh", *call)
    assert (tmp_path / "graph/HCLG.fst").read_bytes() == first  # another process, the same bytes
    grammar = Fst.read(tmp_path / "lang_test/G.fst")
    grammar._replace(weight=grammar.weight + np.float32(1)).write(tmp_path / "lang_test/G.fst")
    assert "states" in run_well("mkgraph.sh", *call)


def test_a_graph_without_its_last_file_is_made_again(made, tmp_path):
    shutil.copytree(made / "graph", tmp_path / "graph")
    (tmp_path / "graph/inputs.json").unlink()
    assert "is there already" not in run_well("mkgraph.sh", made / "lang_test", made / "mono", tmp_path / "graph")


def test_an_arpa_file_gives_the_same_graph_as_its_g_in_the_lang_folder(made, tmp_path):
    run_well("mkgraph.sh", "--arpa", made / "lm.arpa", made / "lang", made / "mono", tmp_path / "graph")
    assert (tmp_path / "graph/HCLG.fst").read_bytes() == (made / "graph/HCLG.fst").read_bytes()


def test_a_grammar_of_slots_allows_its_sentences_alone(made, tmp_path):
    (tmp_path / "grammar.txt").write_text("verb are\ncolour red read\n")
    said = run("mkgraph.sh", "--grammar", tmp_path / "grammar.txt", made / "lang", made / "mono", tmp_path / "graph")
    assert said.returncode == 0, said.stderr
    lang, fst = Lang.read(made / "lang"), Fst.read(tmp_path / "graph/HCLG.fst")
    assert set(fst.olabel.tolist()) == {0, lang.words["are"], lang.words["red"], lang.words["read"]}
    assert "HCLG: self-loops" in said.stderr


def test_words_of_the_model_that_are_not_in_the_lexicon_are_named_or_left_out_on_request(made, tmp_path):
    (tmp_path / "lm.arpa").write_text(ARPA.replace("read", "blue"))
    wrong = run("format_lm.sh", made / "lang", tmp_path / "lm.arpa", tmp_path / "lang_test")
    assert wrong.returncode == 1
    assert "words of the language model are not in" in wrong.stderr
    assert "blue" in wrong.stderr
    assert not (tmp_path / "lang_test").exists()
    said = run_well("format_lm.sh", "--unknown-words", "skip", made / "lang", tmp_path / "lm.arpa", tmp_path / "lang_test")
    assert "blue" in said
    assert Lang.read(made / "lang").words["red"] in Fst.read(tmp_path / "lang_test/G.fst").ilabel


def test_a_grammar_with_a_word_that_has_no_pronunciation_is_refused(made, tmp_path):
    shutil.copytree(made / "lang", tmp_path / "lang")
    with open(tmp_path / "lang/words.txt", "a") as words:
        words.write("green 900\n")
    Fst.from_arcs(2, 0, [0], [900], [900], [0.0], [1], [np.inf, 0]).write(tmp_path / "lang/G.fst")
    done = run("mkgraph.sh", tmp_path / "lang", made / "mono", tmp_path / "graph")
    assert done.returncode == 1
    assert "the grammar have no pronunciation in the lexicon: green" in done.stderr
    assert not (tmp_path / "graph").exists()


def test_a_missing_grammar_is_named(made, tmp_path):
    done = run("mkgraph.sh", made / "lang", made / "mono", tmp_path / "graph")
    assert done.returncode == 1
    assert "lang/G.fst: cannot be read" in done.stderr
