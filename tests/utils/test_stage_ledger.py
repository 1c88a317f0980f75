"""The ledger behind stage.sh: a run without --stage begins where something is not done or has changed, and says what it is."""

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FINISHED = "run.sh: all stages are finished and nothing has changed; --stage N runs from stage N again\n"
HEAD = f"""#!/usr/bin/env bash
set -euo pipefail
cd "$(dirname "$0")"
nj=4
size=2     # of the data
overrides= # of the training
. "{ROOT}/utils/stage.sh"
. "{ROOT}/utils/parse_options.sh"
"""
# Each stage reads what the one before has made; features are removed before they are made anew, as the steps do.
STAGES = """
if stage 0 "Data"; then
  mkdir -p data/train exp/net
  seq "$size" | sed "s/.*/utt& spk&/" > data/train/utt2spk
fi
if stage 1 "Features" data/train conf/fbank.yaml; then
  rm -f data/train/feats.scp data/train/cmvn.scp
  sed "s/ .*/ $(cat conf/fbank.yaml)/" data/train/utt2spk > data/train/feats.scp
  : jobs "$nj"
fi
if stage 2 "CMVN" data/train; then
  sort -r data/train/feats.scp > data/train/cmvn.scp
fi
if stage 3 "Train" data/train "conf/net.yaml"; then
  echo "$overrides" | cat - conf/net.yaml data/train/*.scp > exp/net/final.pt
fi
if stage 4 "Score" "exp/*/final.pt"; then
  cp exp/net/final.pt exp/net/scores
fi
"""


class Recipe:
    def __init__(self, folder: Path):
        self.folder = folder
        for name, text in {"conf/fbank.yaml": "ark\n", "conf/net.yaml": "net\n", "run.sh": HEAD + STAGES}.items():
            self.write(name, text)

    def write(self, name: str, text: str) -> None:
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(text)

    def edit(self, old: str, new: str) -> None:
        text = (self.folder / "run.sh").read_text()
        assert text.count(old) == 1
        self.write("run.sh", text.replace(old, new))

    def run(self, *options: str) -> subprocess.CompletedProcess:
        return subprocess.run(["bash", self.folder / "run.sh", *options], capture_output=True, text=True, check=False, timeout=60)

    def start(self, *options: str) -> subprocess.Popen:
        command = ["bash", self.folder / "run.sh", *options]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)

    def record(self, number: int) -> dict:
        return json.loads((self.folder / f"exp/.stages/{number}.json").read_text())

    def reason(self, *options: str) -> str:
        """Run it; the one line that says where it begins."""
        result = self.run(*options)
        assert result.returncode == 0, result.stderr
        assert result.stderr.count("\n") == 1
        return result.stderr.strip()


def stages(result: subprocess.CompletedProcess) -> list[int]:
    return [int(number) for number in re.findall(r"^# .* stage (-?\d+): ", result.stdout, re.MULTILINE)]


def wait_for(condition, seconds: float = 60) -> None:
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up, "waited in vain"
        time.sleep(0.01)


@pytest.fixture
def fresh(tmp_path) -> Recipe:
    return Recipe(tmp_path / "my récipe")


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Recipe:
    """A recipe that has run from end to end, to copy."""
    recipe = Recipe(tmp_path_factory.mktemp("finished") / "my récipe")
    result = recipe.run()
    assert result.returncode == 0 and result.stderr == "", result.stderr
    assert stages(result) == [0, 1, 2, 3, 4]
    return recipe


@pytest.fixture
def recipe(finished, fresh) -> Recipe:
    """A recipe that has run from end to end."""
    shutil.copytree(finished.folder, fresh.folder, dirs_exist_ok=True)
    return fresh


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


def test_a_record_holds_what_ran_from_what_and_what_came_of_it(fresh):
    assert fresh.run("--overrides", "a b").returncode == 0
    record = fresh.record(3)
    assert (record["stage"], record["title"], record["status"], record["exit_status"]) == (3, "Train", "done", 0)
    assert record["command"] == [str(fresh.folder / "run.sh"), "--overrides", "a b"] and record["options"] == {"overrides": "a b"}
    assert set(record["inputs"]) == {"conf/net.yaml", *(f"data/train/{name}" for name in ("utt2spk", "feats.scp", "cmvn.scp"))}
    for name, entry in record["inputs"].items():
        content = (fresh.folder / name).read_bytes()
        assert entry["md5"] == hashlib.md5(content).hexdigest() and entry["lines"] == len(content.splitlines())
    size = (fresh.folder / "exp/net/final.pt").stat().st_size
    assert record["outputs"] == {"exp/net/final.pt": {"lines": 6, "bytes": size}}
    assert record["counts"] == {"in": {"utt2spk": 2}, "out": {}} and record["host"] == os.uname().nodename
    assert fresh.record(1)["counts"] == {"in": {"utt2spk": 2}, "out": {"feats.scp": 2}}
    head = subprocess.run(["git", "-C", ROOT, "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    assert record["commit"] == (head.stdout.strip() or None)


def test_an_input_of_the_same_size_date_and_inode_is_not_read_again(fresh):
    fresh.run("--stop-stage", "1")
    path = fresh.folder / "data/train/utt2spk"
    before = path.stat()
    with open(path, "r+") as handle:  # in place
        handle.write("UTT")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert fresh.run("--stop-stage", "1").stderr == FINISHED
    md5 = fresh.record(1)["inputs"]["data/train/utt2spk"]["md5"]
    fresh.run("--stage", "1", "--stop-stage", "1")
    assert fresh.record(1)["inputs"]["data/train/utt2spk"]["md5"] == md5 != hashlib.md5(path.read_bytes()).hexdigest()


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


@pytest.mark.parametrize("missing", ["data/trian", "conf/none.yaml", "exp/*/none.pt"])
def test_a_declared_input_that_is_not_there_stops_the_run_before_the_stage(fresh, missing):
    fresh.edit('"CMVN" data/train', f'"CMVN" data/train "{missing}"')
    result = fresh.run()
    assert result.returncode == 1 and stages(result) == [0, 1]
    assert result.stderr == f"run.sh: stage 2: there is no '{missing}', which is declared as an input\n"


def test_a_declared_input_that_is_an_empty_word_is_refused(fresh):
    fresh.edit('"CMVN" data/train', '"CMVN" "$overrides"')
    assert fresh.run().stderr == "run.sh: stage 2: one of the words that declare its inputs is empty\n"


def test_a_damaged_record_does_not_stop_the_table(recipe):
    recipe.edit('"Score" "exp/*/final.pt"', '"Score"')
    recipe.write("exp/.stages/0.json", "[]")
    result = recipe.run("--status")
    assert result.returncode == 0 and "0      Data      damaged" in result.stdout


def test_a_heap_of_files_is_refused_as_an_input(fresh):
    fresh.edit('"CMVN" data/train', '"CMVN" data/train/wav')
    fresh.edit("  mkdir -p", "  mkdir -p data/train/wav; (cd data/train/wav && seq 5001 | xargs touch)\n  mkdir -p")
    result = fresh.run()
    assert result.returncode == 1 and "data/train/wav is declared as an input and holds 5001 files" in result.stderr
    assert len(fresh.record(0)["outputs"]) == 1, "nor is it listed as an output"


def test_an_exp_that_cannot_be_made_is_named_before_anything_runs(fresh):
    fresh.write("exp", "a file")
    result = fresh.run()
    assert result.returncode == 1 and result.stdout == ""
    assert result.stderr == f"run.sh: cannot write {fresh.folder}/exp/.stages/lock: Not a directory\n"


@pytest.mark.parametrize("num_bytes, start", [(0, "cannot write {}/exp/.stages/lock"), (100, "stage 1: cannot write exp/.stages/1.json")])
def test_a_full_disk_is_named_before_the_stage_runs(recipe, disk_full_after, num_bytes, start):
    with disk_full_after(num_bytes):
        result = recipe.run("--stage", "1")
    assert result.returncode == 1 and result.stdout == ""
    assert result.stderr == f"run.sh: {start.format(recipe.folder)}: File too large\n"


def test_a_record_that_cannot_be_written_when_the_stage_ends_fails_the_run(fresh):
    fresh.edit("  sort -r", "  rm -r exp/.stages; touch exp/.stages\n  sort -r")
    result = fresh.run()
    assert result.returncode == 1 and stages(result) == [0, 1, 2] and "exp/.stages" in result.stderr


def test_a_second_run_in_the_same_folder_is_turned_away_while_one_is_at_work(fresh):
    fresh.edit("  sort -r", "  touch here; while [ -e here ]; do sleep 0.05; done\n  sort -r")
    process = fresh.start()
    wait_for((fresh.folder / "here").exists)
    for options in ((), ("--stage", "0")):
        second = fresh.run(*options)
        assert second.returncode == 1 and second.stdout == ""
        assert second.stderr == (
            f"run.sh: another run is at work in this folder, process {process.pid} on {os.uname().nodename}; wait for it, or end it\n"
        )
    assert "  running  " in fresh.run("--status").stdout, "which only looks"
    (fresh.folder / "here").unlink()
    process.communicate(timeout=60)
    assert process.returncode == 0 and fresh.run().stderr == FINISHED


def test_what_a_killed_run_left_at_work_is_named_and_waited_for_and_no_longer(fresh):
    fresh.edit("  sort -r", "  [ -e here ] || { touch here; sleep 3; touch late; }\n  sort -r")
    fresh.edit("touch here; sleep 3; touch late", "bash -c 'touch here; sleep 3; touch late'")
    process = fresh.start()
    wait_for((fresh.folder / "here").exists)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    start = time.monotonic()
    result = fresh.run()
    assert result.returncode == 0 and (fresh.folder / "late").exists() and stages(result) == [2, 3, 4]
    assert re.search(r"waiting for what an earlier run has left at work: .*\d+ (bash|sleep)", result.stderr)
    process.communicate()
    assert time.monotonic() - start < 60


def test_names_that_are_no_valid_utf_8_do_no_harm(fresh):
    fresh.edit("  sort -r", "  touch $'data/train/\\xff'\n  sort -r")
    assert fresh.run().returncode == 0 and fresh.run().stderr == FINISHED
    (fresh.folder / os.fsdecode(b"data/train/\xff")).unlink()
    assert fresh.reason() == r"run.sh: continuing at stage 2: data/train/\udcff, which it made, is gone"
