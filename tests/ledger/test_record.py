"""What the ledger keeps of a stage, and what becomes of a run that cannot write it."""

import hashlib
import os
import subprocess

import pytest
from ledger_recipe import FINISHED, ROOT, stages


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


def test_names_that_are_no_valid_utf_8_do_no_harm(fresh):
    fresh.edit("  sort -r", "  touch $'data/train/\\xff'\n  sort -r")
    assert fresh.run().returncode == 0 and fresh.run().stderr == FINISHED
    (fresh.folder / os.fsdecode(b"data/train/\xff")).unlink()
    assert fresh.reason() == r"run.sh: continuing at stage 2: data/train/\udcff, which it made, is gone"
