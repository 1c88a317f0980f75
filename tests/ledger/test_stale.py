"""Where a run without --stage begins: at the first stage that is not done or no longer holds, and it says why."""

import os
import re
import signal
import subprocess

import pytest
from ledger_recipe import FINISHED, stages, wait_for


def test_a_second_run_has_nothing_to_do(recipe):
    result = recipe.run()
    assert (result.returncode, result.stdout, result.stderr) == (0, "", FINISHED)


@pytest.mark.parametrize(
    "change, first, reason",
    [
        (lambda r: r.write("conf/net.yaml", "wide\n"), 3, "conf/net.yaml has changed"),
        (lambda r: r.write("data/train/utt2spk", "utt1 spk1\n"), 1, "data/train/utt2spk has changed"),
        (lambda r: (r.folder / "exp/net/scores").unlink(), 4, "exp/net/scores, which it made, is gone"),
        (lambda r: (r.folder / "data/train/feats.scp").unlink(), 1, "data/train/feats.scp, which it made, is gone"),
        (lambda r: (r.folder / "data/train/utt2spk").unlink(), 0, "data/train/utt2spk, which it made, is gone"),
        (lambda r: r.edit("sort -r", "sort"), 2, "its commands in run.sh have changed"),
        (lambda r: r.edit('"exp/*/final.pt"', '"exp/net/*.pt"'), 4, "its commands in run.sh have changed"),
        (lambda r: r.edit("size=2 ", "size=3 "), 0, "option --size was '2' and is '3'"),
        (lambda r: (r.folder / "exp/.stages/2.json").write_text('{"stage": 2, "sta'), 2, "its record exp/.stages/2.json cannot be read"),
        (lambda r: (r.folder / "exp/.stages/2.json").unlink(), 2, "it has not been run"),
    ],
)
def test_it_continues_at_the_first_stage_that_no_longer_holds_and_says_why(recipe, change, first, reason):
    change(recipe)
    result = recipe.run()
    assert result.stderr == f"run.sh: continuing at stage {first}: {reason}\n" and result.returncode == 0
    assert stages(result) == list(range(first, 5))
    assert recipe.run().stderr == FINISHED


def test_a_changed_option_starts_the_stages_that_name_it(recipe):
    assert recipe.reason("--overrides", "epochs=2") == "run.sh: continuing at stage 3: option --overrides was '' and is 'epochs=2'"
    assert (recipe.folder / "exp/net/scores").read_text().startswith("epochs=2\n")
    assert recipe.run("--overrides", "epochs=2").stderr == FINISHED


@pytest.mark.parametrize(
    "change",
    [
        lambda r: (r.folder / "conf/net.yaml").touch(),
        lambda r: (r.write("conf/net.new", "net\n"), (r.folder / "conf/net.new").replace(r.folder / "conf/net.yaml")),
        lambda r: r.write("data/train/spk2gender", "spk1 f\n"),
        lambda r: r.write("data/train/split2utt/1/utt2spk", "utt1 spk1\n"),
        lambda r: r.edit('"Train"', '"Train it"'),
        lambda r: r.edit("  sort -r", "  # backwards\n  sort -r"),
        lambda r: r.edit("nj=4", "nj=8"),
    ],
)
def test_what_changes_no_result_starts_nothing(recipe, change):
    change(recipe)
    assert recipe.run("--nj", "2").stderr == FINISHED


def test_files_of_later_stages_in_a_declared_folder_do_not_start_an_earlier_one(recipe):
    assert recipe.run("--stage", "1").returncode == 0  # begins with cmvn.scp there and removes it
    assert recipe.run().stderr == FINISHED
    recipe.edit("sort -r", "sort")  # another cmvn.scp, in the folder that stage 1 declares
    assert "continuing at stage 2: its commands" in recipe.reason()
    assert recipe.run().stderr == FINISHED


def test_what_a_later_stage_removes_is_not_held_against_the_one_that_made_it(recipe):
    recipe.edit("cp exp/net/final.pt exp/net/scores", "mv exp/net/final.pt exp/net/scores; rm -f data/train/cmvn.scp")
    assert "continuing at stage 4" in recipe.reason()
    assert recipe.run().stderr == FINISHED
    (recipe.folder / "data/train/feats.scp").unlink()
    assert "continuing at stage 1" in recipe.reason()
    assert recipe.run().stderr == FINISHED


def test_what_was_gone_before_a_later_stage_ran_is_not_taken_for_its_doing(recipe):
    (recipe.folder / "data/train/feats.scp").unlink()
    assert recipe.run("--stage", "4").returncode == 0
    assert recipe.reason() == "run.sh: continuing at stage 1: data/train/feats.scp, which it made, is gone"


def test_an_output_that_a_rerun_leaves_alone_is_still_watched(recipe):
    recipe.edit("cp exp/net/final.pt exp/net/scores", "[ -e exp/net/scores ] || cp exp/net/final.pt exp/net/scores")
    recipe.run()
    (recipe.folder / "exp/net/scores").unlink()
    assert recipe.reason() == "run.sh: continuing at stage 4: exp/net/scores, which it made, is gone"


@pytest.mark.parametrize("end", ["exit 3", "kill -KILL $$"])
def test_what_an_attempt_that_came_to_no_good_end_has_made_counts_for_the_one_that_finishes(fresh, end):
    fresh.edit("  cp exp/net", f"  [ -e exp/net/part.1 ] || {{ touch exp/net/part.1; {end}; }}\n  cp exp/net")
    assert fresh.run().returncode not in (0, 1)
    assert "continuing at stage 4: it " in fresh.reason()
    assert set(fresh.record(4)["outputs"]) == {"exp/net/part.1", "exp/net/scores"}
    assert fresh.run().stderr == FINISHED


def test_data_outside_of_the_recipe_is_told_into_read_and_made_as_well(fresh, tmp_path):
    text = (fresh.folder / "run.sh").read_text()
    fresh.write("run.sh", text.replace("data/train", f"{tmp_path}/disk/train/").replace("-p data", f"-p {tmp_path}/disk"))
    assert fresh.run().returncode == 0 and fresh.run().stderr == FINISHED
    assert f"{tmp_path}/disk/train/cmvn.scp" in fresh.record(2)["outputs"]
    fresh.edit("sort -r", "sort")
    assert "continuing at stage 2: its commands" in fresh.reason() and fresh.run().stderr == FINISHED
    (tmp_path / "disk/train/cmvn.scp").unlink()
    assert "continuing at stage 2: " in fresh.reason()


def test_a_config_edited_while_its_stage_runs_starts_it_again(fresh):
    fresh.edit("> exp/net/final.pt", "> exp/net/final.pt\n  echo edited > conf/net.yaml")
    assert fresh.run("--stop-stage", "3").returncode == 0
    assert fresh.reason("--stop-stage", "3") == "run.sh: continuing at stage 3: conf/net.yaml has changed"


def test_an_earlier_stage_run_alone_starts_the_later_ones_that_read_what_it_changed(recipe):
    assert stages(recipe.run("--stage", "0", "--stop-stage", "0", "--size", "3")) == [0]
    assert recipe.reason("--size", "3") == "run.sh: continuing at stage 1: data/train/utt2spk has changed"


def test_a_stage_without_declared_inputs_runs_again_after_every_earlier_one(recipe):
    recipe.edit('"Score" "exp/*/final.pt"', '"Score"')
    assert "continuing at stage 4: its commands" in recipe.reason()
    recipe.run("--stage", "2", "--stop-stage", "2")
    assert recipe.reason() == "run.sh: continuing at stage 4: stage 2 has run since, and this one declares no inputs"
    assert recipe.run().stderr == FINISHED


@pytest.mark.parametrize(
    "arguments, expected",
    [
        (["--stage", "3"], [3, 4]),
        (["--stage=0"], [0, 1, 2, 3, 4]),
        (["--stage", "1", "--stop-stage", "2"], [1, 2]),
        (["--config", "options"], [2, 3, 4]),
        (["--stop-stage", "3"], []),
        (["--stage", "auto"], []),
    ],
)
def test_stage_overrides_what_the_ledger_says(recipe, arguments, expected):
    recipe.write("options", "stage=2\n")
    result = recipe.run(*[str(recipe.folder / word) if word == "options" else word for word in arguments])
    assert result.returncode == 0 and stages(result) == expected
    assert result.stderr == ("" if expected else FINISHED)


def test_stop_stage_bounds_what_a_bare_run_does(fresh):
    assert stages(fresh.run("--stop-stage", "1")) == [0, 1]
    result = fresh.run("--stop-stage", "2")
    assert stages(result) == [2] and result.stderr == "run.sh: continuing at stage 2: it has not been run\n"


def test_a_failed_stage_is_named_and_the_same_command_continues_there(fresh):
    fresh.edit("  sort -r", "  test -e mended || (exit 7)\n  sort -r")
    failed = fresh.run("--size", "3")
    assert failed.returncode == 7 and stages(failed) == [0, 1, 2]
    assert fresh.record(2)["status"] == "failed" and fresh.record(2)["exit_status"] == 7
    fresh.write("mended", "")
    way_on = failed.stderr.split("the same command goes on there: ")[1]
    again = subprocess.run(["bash", "-c", f"bash {way_on}"], capture_output=True, text=True, check=False)
    assert again.returncode == 0 and stages(again) == [2, 3, 4]
    assert re.fullmatch(r"run.sh: continuing at stage 2: it failed with status 7 \(started .* on .*, by \d+\)\n", again.stderr)


def test_a_killed_run_leaves_its_stage_unfinished_and_the_next_one_continues_there(fresh):
    fresh.edit("  sort -r", "  [ -e mended ] || { touch here; sleep 1000; }\n  sort -r")
    process = fresh.start()
    wait_for((fresh.folder / "here").exists)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert fresh.record(2)["status"] == "unfinished" and "  unfinished  " in fresh.run("--status").stdout
    fresh.write("mended", "")
    result = fresh.run()
    started = r"20\d\d-\d\d-\d\d \d\d:\d\d:\d\d"
    assert re.fullmatch(
        rf"run.sh: continuing at stage 2: it was not finished \(started {started} on {os.uname().nodename}, by {process.pid}\)\n",
        result.stderr,
    )
    assert stages(result) == [2, 3, 4] and fresh.run().stderr == FINISHED
