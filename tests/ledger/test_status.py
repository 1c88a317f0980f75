"""--status and --dry-run show the stages and touch nothing."""

from ledger_recipe import stages


def test_status_shows_each_stage_and_where_a_run_would_begin_and_runs_nothing(fresh):
    lines = fresh.run("--status").stdout.splitlines()
    assert [line.split()[-2:] for line in lines[1:6]] == [["not", "run"]] * 5 and not (fresh.folder / "exp").exists()
    fresh.run("--stop-stage", "2")
    before = {path: path.stat().st_mtime_ns for path in fresh.folder.rglob("*")}
    fresh.write("conf/fbank.yaml", "other\n")
    result = fresh.run("--status")
    lines = result.stdout.splitlines()
    assert result.returncode == 0 and result.stderr == ""
    assert lines[1].startswith("0      Data      done") and "-> utt2spk 2" in lines[1]
    assert lines[2].startswith("1      Features  stale") and "utt2spk 2 -> feats.scp 2  conf/fbank.yaml has changed" in lines[2]
    assert lines[4] == "3      Train     not run" and lines[6] == "next: continuing at stage 1: conf/fbank.yaml has changed"
    after = {path: path.stat().st_mtime_ns for path in fresh.folder.rglob("*")}
    assert {path for path in after if before.get(path) != after[path]} == {fresh.folder / "conf/fbank.yaml"}


def test_a_dry_run_prints_every_stage_and_leaves_the_ledger_alone(recipe):
    ledger = {path: path.read_bytes() for path in (recipe.folder / "exp/.stages").iterdir()}
    result = recipe.run("--dry-run")
    assert result.returncode == 0 and stages(result) == [0, 1, 2, 3, 4] and result.stderr == ""
    assert {path: path.read_bytes() for path in (recipe.folder / "exp/.stages").iterdir()} == ledger


def test_a_damaged_record_does_not_stop_the_table(recipe):
    recipe.edit('"Score" "exp/*/final.pt"', '"Score"')
    recipe.write("exp/.stages/0.json", "[]")
    result = recipe.run("--status")
    assert result.returncode == 0 and "0      Data      damaged" in result.stdout
