"""utils/show_ali.py on alignments made by hand: what it prints is what was put in, and what does not fit is named."""

import subprocess
import sys
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
import soundfile

from cortado.hmm.alignment import write_alignments
from cortado.hmm.gmm import DiagGmms
from cortado.hmm.model import write_model
from cortado.hmm.topology import make_topology
from cortado.hmm.transition_model import TransitionModel
from cortado.hmm.tree import monophone_tree
from cortado.lang import Pronunciation
from cortado.lang.build import build_lang
from cortado.lang.dictionary import Dictionary

COMMAND = Path(__file__).resolve().parents[2] / "utils/show_ali.py"
# (phone, frames in each of its states) of an utterance "to go": what its alignment is made of.
STAYS = {
    "utt1": [("SIL", [3, 1, 1]), ("T", [1, 1]), ("UW", [2, 3]), ("G", [1, 2]), ("OW", [5, 1]), ("SIL", [1, 1, 2])],
    "utt2": [("T", [2, 2]), ("UW", [1, 1]), ("SIL", [3, 1, 2]), ("G", [1, 1]), ("OW", [1, 2])],
}
NUM_FRAMES = 25


def show(top: Path, *options) -> subprocess.CompletedProcess:
    command = [sys.executable, COMMAND, *map(str, options), top / "data", top / "lang", top / "ali"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def transition_ids(stays, lang, transitions) -> np.ndarray:
    """In Kaldi's default order: out of the state at once, then its self-loops."""
    tids = []
    for phone, frames in stays:
        for hmm_state, num_frames in enumerate(frames):
            own = np.flatnonzero((transitions.tid_to_phone == lang.phones[phone]) & (transitions.tid_to_hmm_state == hmm_state))
            forward = next(tid for tid in own if not transitions.tid_is_self_loop[tid])
            loop = next(tid for tid in own if transitions.tid_is_self_loop[tid])
            tids += [forward, *[loop] * (num_frames - 1)]
    return np.array(tids, np.int32)


@pytest.fixture
def top(tmp_path) -> Path:
    lexicon = [Pronunciation(word, 1.0, tuple(phones.split())) for word, phones in (("<unk>", "SPN"), ("go", "G OW"), ("to", "T UW"))]
    dictionary = Dictionary(lexicon, [["SIL"], ["SPN"]], [["G"], ["OW"], ["T"], ["UW"]], "SIL")
    lang = build_lang(dictionary, "<unk>")
    lang.write(tmp_path / "lang")
    lang.phones.write(tmp_path / "ali/phones.txt")
    topology = make_topology(lang.nonsilence_phones, lang.silence_phones, 2, 3)
    tree = monophone_tree(lang.phone_sets, topology)
    transitions = TransitionModel.from_tree(tree, topology)
    num_pdfs = tree.num_pdfs
    gmms = DiagGmms(np.arange(num_pdfs + 1), np.ones(num_pdfs), np.zeros((num_pdfs, 2)), np.ones((num_pdfs, 2)))
    write_model(tmp_path / "ali/final.mdl", transitions, gmms)
    alignments = {utt: transition_ids(stays, lang, transitions) for utt, stays in STAYS.items()}
    write_alignments(tmp_path / "ali/ali.1.gz", alignments)
    (tmp_path / "data").mkdir()
    (tmp_path / "data/text").write_text("utt1 to go\nutt2 to go\n")
    return tmp_path


def test_an_utterance_is_printed_as_it_was_put_together(top):
    shown = show(top, "--utt", "utt1")
    assert shown.returncode == 0, shown.stderr
    rows = [line.split() for line in shown.stdout.splitlines()[1:]]
    frame = 0
    for row, (phone, frames) in zip(rows, STAYS["utt1"], strict=True):
        assert [float(row[0]), float(row[1]), int(row[2])] == [frame / 100, (frame + sum(frames)) / 100, sum(frames)]
        assert phone in row and " ".join(f"{state}*{stay}" for state, stay in enumerate(frames)) in " ".join(row)
        frame += sum(frames)
    assert frame == NUM_FRAMES
    assert [row[3] for row in rows if row[3] in ("to", "go")] == ["to", "go"] and rows[1][3] == "to" and rows[3][3] == "go"


def test_the_shift_of_the_frames_is_that_of_the_data_directory(top):
    (top / "data/frame_shift").write_text("0.04\n")
    assert show(top, "--utt", "utt1").stdout.splitlines()[-1].split()[1] == "1.00"


def test_lengths_of_phones_are_counted_over_all_utterances(top):
    shown = show(top)
    assert shown.returncode == 0, shown.stderr
    rows = {line.split()[0]: line.split() for line in shown.stdout.splitlines() if line}
    assert rows["SIL"] == ["SIL", "3", "35.7", "%", "5.0", "4", "6"]
    assert rows["UW"] == ["UW", "2", "16.7", "%", "3.5", "2", "5"]
    assert "2 utterances, 42 frames" in shown.stdout and "phones never seen: SPN" in shown.stdout


def test_the_picture_has_the_sound_and_the_times_of_a_ctm_where_there_are_any(top):
    heights = []
    for name in ("plain.png", "with_sound.png"):
        if name == "with_sound.png":
            soundfile.write(top / "utt1.wav", 0.1 * np.sin(np.arange(4000) * 0.5), 16000)
            (top / "data/wav.scp").write_text(f"utt1 {top / 'utt1.wav'}\n")
            (top / "data/ctm").write_text("utt1 1 0.05 0.10 to\nutt1 1 0.15 0.06 go\nutt2 1 0.15 0.06 go\n")
        drawn = show(top, "--utt", "utt1", "--plot", top / name)
        assert drawn.returncode == 0, drawn.stderr
        heights.append(matplotlib.image.imread(top / name).shape[0])
    assert heights[1] > heights[0]


def other_text(top: Path) -> str:
    (top / "data/text").write_text("utt1 go to\n")
    return "utterance utt1: its phones are not those of its words"


def other_phones(top: Path) -> str:
    path = top / "ali/phones.txt"
    path.write_text(path.read_text().replace("UW", "UH"))
    return f"{path}: has other phones than"


def no_text(top: Path) -> str:
    (top / "data/text").write_text("utt9 to go\n")
    return "text: has no utterance utt1"


def no_alignment(top: Path) -> str:
    write_alignments(top / "ali/ali.1.gz", {"utt9": np.ones(3, np.int32)})
    return "has no alignment of utterance utt1"


def larger_model(top: Path) -> str:
    write_alignments(top / "ali/ali.1.gz", {"utt1": np.full(3, 999, np.int32)})
    return "utterance utt1: the alignment has transition ids from 999 to 999"


def no_model(top: Path) -> str:
    (top / "ali/final.mdl").unlink()
    return "final.mdl"


@pytest.mark.parametrize("spoil", [other_text, other_phones, no_text, no_alignment, larger_model, no_model])
def test_what_does_not_fit_is_named(top, spoil):
    complaint = spoil(top)
    shown = show(top, "--utt", "utt1")
    assert shown.returncode == 1 and complaint in shown.stderr and shown.stderr.count("\n") == 1


def test_a_plot_needs_an_utterance_and_a_known_kind_of_image(top):
    assert "--plot needs --utt" in show(top, "--plot", "x.png").stderr
    assert "written as .png, .pdf, .svg" in show(top, "--utt", "utt1", "--plot", top / "x.bmp").stderr
