"""egs/voxceleb/sv from a generated tree of the publishers' layout to RESULTS.md, in a tiny setting."""

import json
import shlex
import sys
from pathlib import Path

import pytest

sys.path.extend([str(Path(__file__).parent), str(Path(__file__).parents[1] / "local")])
from corpus_trees import make_noises, make_voxceleb
from recipe_copy import copy_recipe, find_nothing_to_do, finish, only_show, run

SMALL_NETWORK = "crops.frames=[66,70] encoder.channels=[8,8,8,8] encoder.blocks=[1,1,1,1] embedding_dim=8"
SMALL_EM = "ubm.num_gauss=2 ubm.diagonal_iterations=2 ubm.full_iterations=2 ubm.min_frames=2 extractor.ivector_dim=3 extractor.iterations=2"
TINY = shlex.split(f"""
    --check-counts false --nj 1 --extract-nj 1 --score-nj 1 --num-threads 1 --gpu 0 --cohort-utts 3 --top-n 3 --lda-dim "" --num-draws 10
    --info synthetic=true --overrides "training.epochs=1 training.batch_size=6 {SMALL_NETWORK}" --ivector-overrides "{SMALL_EM}"
""")


def options(tree: Path, *more: str) -> tuple[str | Path, ...]:
    corpora = ("--vox1", tree / "Vox Celeb1", "--vox2", tree / "VoxCeleb2", "--musan", tree / "musan", "--rirs", tree / "RIRS_NOISES")
    return (*corpora, *TINY, *more)


@pytest.fixture(scope="module")
def tree(tmp_path_factory) -> Path:
    return make_noises(make_voxceleb(tmp_path_factory.mktemp("corpora")))


@pytest.fixture(scope="module")
def on_vox2(tmp_path_factory, tree):
    """A network on augmented waveforms, i-vectors and cross attentive pooling, trained on Vox2, tested on all of Vox1."""
    recipe = copy_recipe(tmp_path_factory.mktemp("vox2"), "voxceleb/sv")
    systems = ("--systems", "fast_tap_softmax", "--waves", "true", "--ivector", "true", "--cross-attentive", "fast")
    given = options(tree, "--train", "vox2", "--lists", "E-cleaned", *systems, "--back-ends", "asnorm")
    finish(recipe, *given)
    return recipe, given


def test_every_system_has_its_row(on_vox2):
    recipe, _ = on_vox2
    results = [json.loads(path.read_text()) for path in recipe.glob("exp/*/*/result.json")]
    assert sorted(result["system"] for result in results) == ["fast_cap (vox2)", "fast_tap_softmax (vox2)", "ivector (vox2)"]
    for result in results:  # all pairs of each third of 40 recordings
        assert result["condition"] == "Vox1-E-cleaned" and result["facts"]["synthetic"] is True
        assert result["trials"]["num_targets"] + result["trials"]["num_nontargets"] == 14 * 13 // 2
    text = (recipe / "RESULTS.md").read_text()
    assert "| Vox1-E-cleaned | ivector (vox2) | PLDA |" in text and "## Synthetic speech" in text and "## Recorded speech" not in text


def test_training_on_waveforms_augments_them_and_stores_no_features_of_the_training_speakers(on_vox2):
    recipe, _ = on_vox2
    config = (recipe / "exp/fast_tap_softmax_vox2_seed0/config.yaml").read_text()
    assert "WaveCrops" in config and "data/noises/rir.scp" in config
    assert not (recipe / "data/fbank64/vox2").exists() and (recipe / "data/fbank64/vox2_cohort/feats.scp").exists()


def test_a_second_run_finds_nothing_to_do(on_vox2):
    recipe, given = on_vox2
    find_nothing_to_do(recipe, *given)


def test_a_network_is_tuned_with_a_larger_margin_and_both_are_calibrated_and_fused_on_held_out_speakers(tree, tmp_path):
    recipe = copy_recipe(tmp_path, "voxceleb/sv")
    small = "training.epochs=1 training.average=1 training.batch_size=4 crops.frames=[66,70] encoder.channels=[4,4,8,60] "
    small += "encoder.blocks=[1,1,1,1] embedding_dim=8"
    systems = ("--systems", "resnet34_asp", "--large-margin", "resnet34_asp", "--held-out", "2", "--back-ends", "inner")
    finish(recipe, *options(tree, "--lists", "O-cleaned", *systems, "--overrides", small))
    exp = recipe / "exp"
    assert "starting from the network" in (exp / "resnet34_asp_lm_vox1_seed0/log/train.log").read_text()
    speakers = {name: set((recipe / f"data/{name}/spk2utt").read_text().split()[::5]) for name in ("vox1", "vox1_held_out")}
    assert [len(names) for names in speakers.values()] == [4, 2] and not speakers["vox1"] & speakers["vox1_held_out"]
    rows = {name: json.loads((exp / name / "calibrated_O-cleaned/result.json").read_text()) for name in
            ("resnet34_asp_vox1_seed0", "resnet34_asp_lm_vox1_seed0", "fusion_vox1_seed0")}  # fmt: skip
    assert all(result["condition"] == "Vox1-O-cleaned" and result["calibrated"]["cllr"]["value"] > 0 for result in rows.values())
    assert rows["fusion_vox1_seed0"]["system"] == "fusion of resnet34_asp, resnet34_asp_lm (vox1)"


def test_networks_on_mfcc_see_the_frames_of_speech_alone(tree, tmp_path):
    recipe = copy_recipe(tmp_path, "voxceleb/sv")
    finish(recipe, *options(tree, "--lists", "O-cleaned", "--systems", "xvector", "--stop-stage", "1"))
    for part in ("vox1", "vox1_cohort", "test"):
        lengths = [(recipe / "data/mfcc23" / folder / "utt2num_frames").read_text().split()[1::2] for folder in (f"all_frames/{part}", part)
                   if (recipe / "data/mfcc23" / folder).exists()]  # fmt: skip
        assert sum(map(int, lengths[-1])) > 0
        assert part == "vox1_cohort" or sum(map(int, lengths[-1])) < sum(map(int, lengths[0]))


def test_lists_with_training_speakers_are_refused_in_one_sentence(on_vox2, tree, tmp_path):
    recipe = copy_recipe(tmp_path, "voxceleb/sv")
    result = run(recipe, *options(tree), "--train", "vox1", "--lists", "O-cleaned E-cleaned", "--systems", "fast_tap_softmax")
    assert result.returncode == 1 and "id10001 is a training speaker in data/vox1" in result.stderr
    assert "Traceback" not in result.stderr and not (recipe / "exp/fast_tap_softmax_vox1_seed0").exists()


def test_a_dry_run_shows_every_stage_and_makes_nothing(tree, tmp_path):
    given = options(tree, "--ivector", "true", "--cross-attentive", "fast thin")
    shown = only_show(copy_recipe(tmp_path, "voxceleb/sv"), *given)
    for step in (
        "prepare_train.py",
        "make_features",
        "train_embedding.sh",
        "train_ivector.sh",
        "score_cross_attentive.sh",
        "make_results.sh",
    ):
        assert step in shown
