"""Tables 2 to 4 of the paper on StiRes3D: the published figures beside those of the networks, seeds in one row, and the figure over omega."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib import image

sys.path.append(str(Path(__file__).parents[1] / "ground"))
from in_process import run_in_process

from cortado.errors import DataError
from cortado.report.omega_plot import OmegaPoint, plot_omegas
from cortado.report.visual_runs import Losses, find_visual_runs, read_losses
from cortado.report.visual_tables import NETWORK_COLUMNS, figure_rows, group_visual_runs, render_visual_tables
from cortado.score.result import Facts, Version
from cortado.score.wer import Interval
from cortado.score.word_result import FORMAT, Errors, References, WordResult
from cortado.train import checkpoint

ROOT = Path(__file__).resolve().parents[2]
COMMAND = ROOT / "pyscripts/bin/make_visual_tables.py"
CONDITION = "test, 4-gram"
NETWORKS = {
    "resnet18": "{class: cortado.nn.visual.resnet18.ResNet18}",
    "all3d": "{class: cortado.nn.visual.all3d.All3D}",
    "p3d": "{class: cortado.nn.visual.p3d.P3DA}",
    "sti3d": "{class: cortado.nn.visual.stingy.Sti3D}",
    "stires3d": "{class: cortado.nn.visual.stingy.StiRes3D}",
}

SMALL = {name: f"{visual[:-1]}, width: 8, blocks: [1]}}" for name, visual in NETWORKS.items()}


def make_run(exp: Path, system: str, visual: str, seed: int = 0, wer: float = 0.5, condition: str = CONDITION, more: str = "") -> Path:
    """What training and scoring leave behind of a lip reader, but its weights."""
    folder = exp / f"{system}_seed{seed}"
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text(f"visual: {visual}\ntraining: {{epochs: 3, batch_size: 2}}\n{more}")
    checkpoint.save(folder / "final.pt", {"frame_shape": [96, 96]})
    losses = [(3.5, 3.2), (2.9, 2.8), (2.5, 3.1)]
    epochs = [{"kind": "valid", "update": 9 * n, "train_loss": train, "loss": loss} for n, (train, loss) in enumerate(losses, 1)]
    lines = [{"kind": "train", "update": 20, "loss": 9.9}, *epochs]
    (folder / "train.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    result = WordResult(
        format=FORMAT,
        system=system,
        condition=condition,
        references=References("data/test/text", "0" * 32, 50, 300),
        wer=Interval(wer, wer - 0.02, wer + 0.03),
        errors=Errors(3, 2, 1, 5, 0),
        oracle_wer=0.005,
        lm_weight=11.0,
        word_penalty=0.5,
        chosen_on="exp/x/decode_val",
        facts=Facts(seed=seed),
        num_draws=10000,
        version=Version("abcdef0123456789", False),
        command="score_words.py",
    )
    result.write(folder / "decode_test_ngram/result.json")
    return folder


def network_row(page: str, system: str) -> list[str]:
    """The cells behind the system's name, of its first row in a table of networks."""
    rows = (line.strip("| ").split(" | ") for line in page.splitlines())
    return next(cells[1:] for cells in rows if cells[0] == system and len(cells) == len(NETWORK_COLUMNS))


@pytest.fixture(scope="module")
def exp(tmp_path_factory) -> Path:
    """The five networks of the paper, the omegas of its figure, and CTC; beside them an HMM, which has a config.yaml too."""
    exp = tmp_path_factory.mktemp("runs")
    for system, visual in NETWORKS.items():
        make_run(exp, system, visual)
    for omega, wer in ((0.5, 0.53), (1, 0.52), (1.5, 0.51)):
        make_run(exp, f"stires3d_omega{omega}", f"{{class: cortado.nn.visual.stingy.StiRes3D, omega: {omega}}}", wer=wer)
    tokens = "targets: {class: cortado.train.token_targets.TokenTargets}\nupsample: 1\n"
    make_run(exp, "ctc", NETWORKS["resnet18"], more=tokens)
    (exp / "tri3").mkdir()
    (exp / "tri3/config.yaml").write_text("iterations: 3\n")
    return exp


@pytest.fixture(scope="module")
def page(exp) -> str:
    runs, without = find_visual_runs([exp], CONDITION)
    assert without == []
    return render_visual_tables(group_visual_runs(runs), CONDITION, "omega.png")


@pytest.mark.parametrize(
    ("system", "published"),
    [
        ("resnet18", ("51.8", "56.60", 270.49)),
        ("all3d", ("49.7", "155.88", 660.91)),
        ("p3d", ("48.5", "88.07", 342.05)),
        ("sti3d", ("48.3", "39.69", 201.17)),
        ("stires3d", ("46.8", "44.48", 222.86)),
        ("ctc", ("53.7", "56.60", 270.49)),
    ],
)
def test_the_published_figures_stand_beside_the_networks_they_are_of(page, system, published):
    _, width, wer, interval, published_wer, _, published_memory, macs, published_macs, _ = network_row(page, system)
    assert (width, wer, interval) == ("64", "50.00", "48.00 to 53.00")
    assert (published_wer, published_memory, float(published_macs)) == (*published[:2], pytest.approx(published[2], abs=0.011))
    if system not in ("sti3d", "stires3d"):  # whose published costs nobody could explain
        assert float(macs) == pytest.approx(published[2], rel=2e-4)


def test_cost_as_built_is_that_of_the_size_the_network_sees(page):
    built = [float(network_row(page, system)[9]) for system in ("resnet18", "all3d", "stires3d")]
    assert built == pytest.approx([316.2, 881.1, 135.5], abs=0.06)


def test_each_network_is_in_the_papers_tables_only(page):
    parts = dict(part.split("\n", 1) for part in page.split("## ")[1:])
    table_2, table_3, table_4, figure = parts.values()
    assert [heading.split(":")[0] for heading in parts] == ["Table 2", "Table 3", "Table 4", "Figure 3"]
    systems = [[line.split(" | ")[0][2:] for line in part.splitlines() if line.startswith("| ")][2:] for part in (table_2, table_4, figure)]
    assert systems[0] == ["resnet18", "all3d", "p3d", "stires3d", "ctc"] and systems[1] == ["sti3d", "stires3d"]
    assert systems[2] == ["stires3d_omega0.5", "stires3d_omega1", "stires3d_omega1.5", "stires3d"]
    assert "| all3d | All3D | 2.500 | 3.064 | 3.100 | 3.695 |" in table_3
    assert "| stires3d | StiRes3D (omega 2) | 2.500 | 3.238 | 3.100 | 3.594 |" in table_3
    assert "| p3d | P3DA | 2.500 | - | 3.100 | - |" in table_3


def test_a_ctc_network_of_which_no_error_rate_is_published_has_its_published_cost(tmp_path):
    make_run(tmp_path, "ctc_stires3d", SMALL["stires3d"], more="targets: {class: cortado.train.token_targets.TokenTargets}\n")
    page = render_visual_tables(group_visual_runs(find_visual_runs([tmp_path], CONDITION)[0]), CONDITION, None)
    cells = network_row(page, "ctc_stires3d")
    assert (cells[0], cells[4], cells[6], cells[8]) == ("StiRes3D (omega 2), CTC", "-", "44.48", "222.86")


def test_losses_are_of_the_epoch_whose_weights_are_kept(tmp_path):
    path = make_run(tmp_path, "p3d", NETWORKS["p3d"]) / "train.jsonl"
    assert read_losses(path, best=False) == Losses(2.5, 3.1)
    assert read_losses(path, best=True) == Losses(2.9, 2.8)
    path.write_text('{"kind": "train", "update": 20, "loss": 9.9}\n')
    with pytest.raises(DataError, match=r"train\.jsonl: has no line of kind valid"):
        read_losses(path, best=False)


def test_seeds_of_a_system_are_one_row_of_means(tmp_path):
    for seed, wer in enumerate((0.4, 0.5, 0.6)):
        make_run(tmp_path, "p3d", SMALL["p3d"], seed, wer)
    (row,) = group_visual_runs(find_visual_runs([tmp_path], CONDITION)[0])
    assert row.network_cells()[3:5] == ["50.00", "48.00 to 53.00"]


@pytest.mark.parametrize(
    ("second", "complaint"),
    [
        (("p3d", SMALL["all3d"], 1), "has another visual module than .*p3d_seed0, which is of the same system, p3d"),
        (("p3d", "{class: cortado.nn.visual.p3d.P3DA, width: 12, blocks: [1]}", 1), "has another visual module"),
        (("stires3d_words", SMALL["stires3d"], 0), "stires3d and stires3d_words both have omega 2: choose one with --systems"),
    ],
)
def test_rows_that_contradict_one_another_are_refused(tmp_path, second, complaint):
    for system, visual, seed in (("p3d", SMALL["p3d"], 0), ("stires3d", SMALL["stires3d"], 0), second):
        make_run(tmp_path, system, visual, seed)
    with pytest.raises(DataError, match=complaint):
        figure_rows(group_visual_runs(find_visual_runs([tmp_path], CONDITION)[0]))


def test_the_command_writes_tables_and_figure_of_the_systems_asked_for_and_names_what_is_not_there(exp, tmp_path):
    make_run(tmp_path / "more", "stires3d_mono", NETWORKS["stires3d"], condition="val, 4-gram")
    systems = "stires3d stires3d_omega1 lipnet"
    made = run_in_process(COMMAND, "--systems", systems, "--out", tmp_path / "out/T.md", exp, tmp_path / "more", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    assert f"left out: {tmp_path}/more/stires3d_mono_seed0, which has no decoding of '{CONDITION}'" in made.stdout
    assert "not there: lipnet" in made.stdout and made.stdout.endswith(f"2 systems, 2 runs; {tmp_path}/out/omega.png\n")
    page = (tmp_path / "out/T.md").read_text()
    assert "![WER and cost over omega](omega.png)" in page and "all3d" not in page
    assert image.imread(tmp_path / "out/omega.png").shape[1] > 1000


def test_a_folder_without_lip_readers_is_one_clear_sentence(exp, tmp_path):
    refused = subprocess.run(
        ["bash", ROOT / "utils/make_visual_tables.sh", "--systems", "p3d lipnet", exp / "tri3"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert refused.returncode == 1 and "has no lip reader of p3d or lipnet that was scored on condition 'test, 4-gram'" in refused.stderr
    assert "Traceback" not in refused.stderr and not (tmp_path / "TABLES.md").exists()


def test_the_figure_shows_more_cost_and_less_error_at_a_larger_omega_and_has_the_same_bytes_twice(tmp_path):
    wers = {omega: 0.55 - 0.05 * omega for omega in (0.5, 1, 2)}
    points = [OmegaPoint(omega, Interval(wer, wer - 0.02, wer + 0.03), round(1e8 * omega), 7 * omega) for omega, wer in wers.items()]
    plot_omegas(points, tmp_path / "a.png", "title")
    plot_omegas(points, tmp_path / "b.png", "title")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    blue = np.abs(image.imread(tmp_path / "a.png")[..., :3] - np.array([0, 0x72, 0xB2]) / 255).max(axis=2) < 0.02
    panels = np.array_split(blue, 3, axis=1)
    heights = [[np.flatnonzero(half.any(axis=1)).mean() for half in np.array_split(_inked(panel), 2, axis=1)] for panel in panels]
    (wer_left, wer_right), *costs = heights  # rows count from the top
    assert wer_left < wer_right and all(left > right for left, right in costs)


def _inked(panel: np.ndarray) -> np.ndarray:
    columns = np.flatnonzero(panel.any(axis=0))
    return panel[:, columns[0] : columns[-1] + 1]
