"""steps/train_mono.sh to train_sat.sh, align_si.sh and align_fmllr.sh on made-up speech whose phones are known: quality, resuming,
ranks, bad inputs.
"""

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "ground"))
from start_ranks import torchrun

from cortado import ark
from cortado.feats import cmvn_stats
from cortado.hmm.alignment import read_alignments
from cortado.hmm.model import read_model
from cortado.hmm.model_folder import ModelFolder
from cortado.lang.symbols import SymbolTable

ROOT = Path(__file__).resolve().parents[2]
LEXICON = {"to": "T UW", "two": "T UW", "tea": "T IY", "so": "S OW", "sow": "S AW", "see": "S IY", "saw": "S AO", "toast": "T OW S T"}
PHONES = sorted({phone for phones in LEXICON.values() for phone in phones.split()})
DIM = 5
SCHEDULE = "iterations: 14\nrealign: [1, 2, 4, 6, 8, 11]\nsplit_until: 10\n"
CONFIGS = {
    "mono": "front_end: {deltas: {order: 1, window: 2}}\n" + SCHEDULE,
    "deltas": "front_end: {deltas: {order: 1, window: 2}}\n" + SCHEDULE,
    "lda_mllt": "front_end: {splice: {left: 2, right: 2}}\nlda_dim: 8\nmllt: [2, 5]\n" + SCHEDULE,
    "sat": "fmllr: [2, 5]\n" + SCHEDULE,
}


class Speech:
    """Utterances of three speakers, each of which moves and mixes the features; 13 frames a phone on average, silence around and between."""

    def __init__(self, seed: int):
        self.rng = np.random.default_rng(seed)
        voice = np.random.default_rng(99)  # the same for all seeds
        self.means = {phone: voice.normal(size=(3, DIM)) * 3 + [12, 0, 0, 0, 0] for phone in PHONES} | {"SIL": np.zeros((5, DIM))}
        self.speakers = {f"s{i}": np.eye(DIM) + 0.1 * voice.normal(size=(DIM, DIM)) for i in range(3)}

    def say(self, words: list[str], speaker: str) -> tuple[np.ndarray, list[str]]:
        """Features (num_frames, DIM) and the phone of each frame."""
        phones = ["SIL"]
        for word in words:
            phones += [*LEXICON[word].split(), *(["SIL"] if self.rng.random() < 0.3 else [])]
        frames, labels = [], []
        for phone in [*phones, "SIL"]:
            for mean in self.means[phone]:
                count = 1 + self.rng.poisson(6 if phone == "SIL" else 3.3)
                frames.append(mean + self.rng.normal(size=(count, DIM)))
                labels += [phone] * count
        return (np.concatenate(frames) @ self.speakers[speaker]).astype(np.float32), labels


def write_data(folder: Path, count: int, seed: int) -> dict[str, list[str]]:
    """A data directory with its speakers' statistics; utterance -> the phone of each frame."""
    folder.mkdir(parents=True)
    speech, truth, tables = Speech(seed), {}, {"text": {}, "utt2spk": {}, "utt2num_frames": {}}
    stats = {}
    with ark.ArkWriter(folder / "feats.ark", folder / "feats.scp") as feats:
        for number in range(count):
            speaker = f"s{number * 3 // count}"
            utt, words = f"{speaker}-{number:03}", speech.rng.choice(list(LEXICON), 12).tolist()
            matrix, truth[utt] = speech.say(words, speaker)
            feats.write(utt, matrix)
            stats[speaker] = stats.get(speaker, 0) + cmvn_stats(torch.from_numpy(matrix))
            for name, value in (("text", " ".join(words)), ("utt2spk", speaker), ("utt2num_frames", len(matrix))):
                tables[name][utt] = value
    with ark.ArkWriter(folder / "cmvn.ark", folder / "cmvn.scp") as cmvn:
        for speaker, values in stats.items():
            cmvn.write(speaker, values.numpy())
    for name, table in tables.items():
        write_table(folder / name, table)
    return truth


def write_table(path: Path, table: dict) -> None:
    path.write_text("".join(f"{key} {value}\n" for key, value in sorted(table.items())))


def make_recipe(folder: Path) -> dict[str, list[str]]:
    truth = write_data(folder / "data/train", count=90, seed=0)
    dictionary = folder / "data/dict"
    dictionary.mkdir()
    (dictionary / "lexicon.txt").write_text("".join(f"{word} {phones}\n" for word, phones in {**LEXICON, "<unk>": "SPN"}.items()))
    for name, phones in (("silence_phones", ["SIL", "SPN"]), ("nonsilence_phones", PHONES), ("optional_silence", ["SIL"])):
        (dictionary / f"{name}.txt").write_text("".join(f"{phone}\n" for phone in phones))
    subprocess.run([folder / "utils/prepare_lang.sh", "data/dict", "<unk>", "data/lang"], cwd=folder, check=True, capture_output=True)
    for name, config in CONFIGS.items():
        (folder / f"{name}.yaml").write_text(config)
    return truth


def step(name: str, recipe: Path, *arguments) -> subprocess.CompletedProcess:
    return subprocess.run([f"steps/{name}.sh", *map(str, arguments)], cwd=recipe, capture_output=True, text=True, check=False)


def check(result: subprocess.CompletedProcess) -> None:
    assert result.returncode == 0, result.stderr


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A recipe folder with all four models, and the phones of its speech."""
    folder = tmp_path_factory.mktemp("undisturbed")
    for name in ("steps", "utils", "path.sh"):
        (folder / name).symlink_to(ROOT / name)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)  # paths in scps are relative to it
        truth = make_recipe(Path())
    check(step("train_mono", folder, "--train-config", "mono.yaml", "--totgauss", 60, "data/train", "data/lang", "exp/mono"))
    for name, old, new in (("deltas", "mono", "tri1"), ("lda_mllt", "tri1", "tri2"), ("sat", "tri2", "tri3")):
        arguments = ("--train-config", f"{name}.yaml", 60, 120, "data/train", "data/lang", f"exp/{old}", f"exp/{new}")
        check(step(f"train_{name}", folder, *arguments))
    return folder, truth


@pytest.fixture
def recipe(trained, recipe_dir, monkeypatch):
    """An own recipe folder with the data, lang and models of `trained`."""
    source, _ = trained
    (recipe_dir / "data").mkdir()
    for name in ("data/lang", "exp", *(f"{name}.yaml" for name in CONFIGS)):
        (recipe_dir / name).symlink_to(source / name)
    monkeypatch.chdir(recipe_dir)
    write_data(Path("data/train"), count=90, seed=0)
    return recipe_dir


def phone_accuracy(model: Path, alignments: Path, truth: dict[str, list[str]]) -> float:
    """The share of frames that are in the right phone."""
    transitions, _ = read_model(model / "final.mdl")
    phones = SymbolTable.read(model / "phones.txt")
    right = [
        phones.symbol(int(phone)) == true
        for utt, tids in read_alignments(alignments)
        for phone, true in zip(transitions.tid_to_phone[tids], truth[utt], strict=True)
    ]
    return float(np.mean(right))


def alignments_of(folder: Path) -> dict[str, list[int]]:
    return {utt: tids.tolist() for utt, tids in read_alignments(folder)}


@pytest.mark.parametrize("name", ["mono", "tri1", "tri2", "tri3"])
def test_each_model_finds_the_phones_and_leaves_what_belongs_to_it(trained, name):
    folder, truth = trained
    exp = folder / "exp" / name
    left = {path.name for path in exp.iterdir()}
    common = {
        "final.mdl",
        "tree",
        "phones.txt",
        "front_end.yaml",
        "config.yaml",
        "ali.1.gz",
        "num_jobs",
        "scores",
        "left_out",
        "oov_counts",
    }
    own = {"mono": set(), "tri1": set(), "tri2": {"final.mat"}, "tri3": {"final.mat", "trans.1", "final.alimdl"}}[name]
    assert phone_accuracy(exp, exp, truth) > (0.94 if "final.mat" in own else 0.97)  # spliced frames see less of where a phone ends
    assert left - {"q"} == common | own | {"em.json", "info.json", "log"}
    assert len((exp / "scores").read_text().splitlines()) == 90 and (exp / "left_out").read_text() == ""
    log_likes = json.loads((exp / "em.json").read_text())["log_likes_per_frame"]
    assert log_likes[-1] > log_likes[0] and all(np.diff(log_likes) > -0.2)
    model = ModelFolder(exp)
    assert model.model[1].num_gauss == (60 if name == "mono" else 120)
    assert model.tree.num_pdfs == model.model[1].num_pdfs


def test_lda_and_mllt_give_the_dimensions_asked_for_and_sat_a_transform_for_each_speaker(trained):
    exp = trained[0] / "exp"
    assert ModelFolder(exp / "tri2").matrix.shape == (8, 5 * DIM)
    transforms = ModelFolder(exp / "tri3").speaker_transforms()
    assert sorted(transforms) == ["s0", "s1", "s2"] and transforms["s0"].shape == (8, 9)
    assert (exp / "tri3/final.mat").read_bytes() == (exp / "tri2/final.mat").read_bytes()
    gains = [line for line in (exp / "tri3/log/train.log").read_text().splitlines() if line.startswith("fMLLR gains")]
    assert len(gains) == 2 and float(gains[0].split()[2]) > 0.05


def test_aligning_again_gives_the_alignments_of_training_and_training_goes_on_from_those_with_fmllr(recipe, trained):
    check(step("align_si", recipe, "data/train", "data/lang", "exp/tri2", "ali/tri2"))
    assert alignments_of(Path("ali/tri2")) == alignments_of(Path("exp/tri2"))
    check(step("align_si", recipe, "data/train", "data/lang", "exp/tri3", "ali/si"))
    check(step("align_fmllr", recipe, "--ntasks", 2, "data/train", "data/lang", "exp/tri3", "ali/fmllr"))
    assert Path("ali/fmllr/num_jobs").read_text() == "2\n" and len(ModelFolder("ali/fmllr").speaker_transforms()) == 3
    assert phone_accuracy(Path("exp/tri3"), Path("ali/fmllr"), trained[1]) > 0.94
    check(step("train_sat", recipe, "--train-config", "sat.yaml", 60, 120, "data/train", "data/lang", "ali/fmllr", "again/tri4"))
    log_likes = [json.loads(Path(exp, "em.json").read_text())["log_likes_per_frame"][0] for exp in ("exp/tri3", "again/tri4")]
    assert log_likes[1] > log_likes[0] + 0.05  # it begins under the transforms of the alignment; tri3 began under none
    assert phone_accuracy(Path("again/tri4"), Path("again/tri4"), trained[1]) > 0.94


def test_killed_in_the_middle_and_run_again_gives_the_same_bytes(recipe):
    command = [
        "steps/train_lda_mllt.sh",
        "--train-config",
        "lda_mllt.yaml",
        "60",
        "120",
        "data/train",
        "data/lang",
        "exp/tri1",
        "again/tri2",
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    log, deadline = Path("again/tri2/log/train.log"), time.monotonic() + 120
    while not (log.exists() and "iteration 7 of 14" in log.read_text()):  # its alignment is of iteration 6, its features of 5
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.002)
    subprocess.run(["pkill", "-KILL", "-P", str(process.pid)], check=False)  # the launcher; what it started dies with it
    process.wait()
    assert not Path("again/tri2/info.json").exists(), "the kill came too late to test anything"
    check(subprocess.run(command, capture_output=True, text=True, check=False))
    assert "continuing after iteration" in log.read_text()
    for name in ("final.mdl", "final.mat", "tree", "ali.1.gz", "scores"):
        assert Path("again/tri2", name).read_bytes() == Path("exp/tri2", name).read_bytes(), name


def test_a_training_told_to_stop_saves_its_state_and_goes_on_to_the_same_bytes(recipe):
    command = ["train_hmm.py", "--config", "mono.yaml", "--num-gauss", "60", "data/train", "data/lang", "again/mono"]
    with open("train.log", "w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    deadline = time.monotonic() + 120
    while "iteration 5 of " not in Path("train.log").read_text():
        assert process.poll() is None and time.monotonic() < deadline, Path("train.log").read_text()
        time.sleep(0.002)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=120) == 75
    assert "SIGTERM received: state saved after em, iteration" in Path("train.log").read_text()
    assert not Path("again/mono/info.json").exists()
    again = subprocess.run(command, capture_output=True, text=True, check=False)
    assert again.returncode == 0 and "continuing after iteration" in again.stdout + again.stderr
    for name in ("final.mdl", "tree", "ali.1.gz", "scores"):
        assert Path("again/mono", name).read_bytes() == Path("exp/mono", name).read_bytes(), name


def test_a_lang_folder_of_kaldi_gives_the_same_alignments(recipe):
    """Kaldi's has the same files but for lexiconp.txt and sil_prob, which only ours has."""
    shutil.copytree("data/lang", "data/kaldi_lang", ignore=shutil.ignore_patterns("lexiconp.txt", "sil_prob"))
    check(step("align_si", recipe, "data/train", "data/kaldi_lang", "exp/tri1", "ali/kaldi_lang"))
    assert alignments_of(Path("ali/kaldi_lang")) == alignments_of(Path("exp/tri1"))


def test_phones_that_were_never_said_are_named(trained):
    assert "phones that never occur, and are as the mean of all: SPN" in (trained[0] / "exp/tri1/log/train.log").read_text()


def test_ranks_and_threads_train_the_same_model_to_the_last_bit(recipe):
    arguments = ["--config", "sat.yaml", "--num-leaves", "60", "--num-gauss", "120", "--ali-dir", "exp/tri2", "--num-threads", "2"]
    result = torchrun(2, "train_hmm.py", *arguments, "data/train", "data/lang", "ranks/tri3")
    assert result.returncode == 0, result.stdout
    for name in ("final.mdl", "final.alimdl", "tree", "trans.1", "scores"):
        assert Path("ranks/tri3", name).read_bytes() == Path("exp/tri3", name).read_bytes(), name
    assert sorted(path.name for path in Path("ranks/tri3").glob("ali.*")) == ["ali.1.gz", "ali.2.gz"]
    assert alignments_of(Path("ranks/tri3")) == alignments_of(Path("exp/tri3"))


def test_utterances_that_cannot_be_used_are_named_with_the_reason_and_the_rest_is_aligned(recipe):
    text = dict(line.split(" ", 1) for line in Path("data/train/text").read_text().splitlines())
    text["s0-000"] = "to two " + " ".join(["toast"] * 90)  # more words than frames
    text["s0-001"] = text["s0-001"].replace("tea", "coffee").replace("so", "cocoa")
    text["s1-040"] = " ".join(["toast", "saw"] * 6)  # something else was said
    del text["s2-070"]
    text["s2-071"] = ""
    write_table(Path("data/train/text"), text)
    check(step("align_si", recipe, "data/train", "data/lang", "exp/tri1", "ali/bad"))
    left_out = dict(line.split(" ", 1) for line in Path("ali/bad/left_out").read_text().splitlines())
    assert "frames are too few for its words" in left_out["s0-000"] and left_out["s2-070"] == "it has no transcript"
    assert left_out["s2-071"] == "its transcript is empty" and len(left_out) == 3
    log = Path("ali/bad/log/align.log").read_text()
    assert "3 utterances are without an alignment" in log and "words have no pronunciation and are read as <unk>" in log
    assert "s1-040" in next(line for line in log.splitlines() if "look at their transcripts" in line)
    assert "coffee" in Path("ali/bad/oov_counts").read_text() and len(alignments_of(Path("ali/bad"))) == 87


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda: Path("data/train/feats.ark").write_bytes(Path("data/train/feats.ark").read_bytes()[:-100]), "utterance s2-089"),
        (lambda: Path("data/train/text").write_text("s0-000\ns0-001\n"), "text: has no utterance with words that is in feats.scp"),
        (lambda: Path("data/train/cmvn.scp").write_text("s9 data/train/cmvn.ark:3\n"), "cmvn.scp: has no line for 3 speakers: s0, s1, s2"),
    ],
)
def test_damaged_data_end_in_a_line_that_names_them(recipe, spoil, message):
    spoil()
    result = step("align_si", recipe, "data/train", "data/lang", "exp/tri1", "ali/bad")
    assert result.returncode == 1 and message in result.stderr and "Traceback" not in result.stderr
    assert not Path("ali/bad/num_jobs").exists()


def test_a_model_of_other_phones_and_a_folder_of_another_run_are_refused(recipe):
    Path("data/other").mkdir()
    subprocess.run(["cp", "-r", "data/lang/.", "data/other"], check=True)
    for path in Path("data/other").rglob("*.txt"):
        path.write_text(path.read_text().replace("UW", "UH"))
    result = step("align_si", recipe, "data/train", "data/other", "exp/tri1", "ali/other")
    assert result.returncode == 1 and "exp/tri1/phones.txt: the model was trained with other phones" in result.stderr
    subprocess.run(["cp", "-rL", "exp/mono", "mono"], check=True)
    result = step("train_mono", recipe, "--train-config", "mono.yaml", "--totgauss", 50, "data/train", "data/lang", "mono")
    assert result.returncode == 1 and "mono was trained with another config, seed, lang or data" in result.stderr
