"""The record of a scored list: reads back equal, facts are checked, the commit and local changes are told."""

import subprocess

import pytest

from cortado.errors import ConfigError
from cortado.score.result import (
    FORMAT,
    BackEnd,
    Estimate,
    Facts,
    Result,
    TableVersion,
    TrialList,
    Version,
    code_version,
    parse_facts,
    read_result,
)


def test_result_reads_back_equal(tmp_path):
    table, estimate = TableVersion("e.scp", "1" * 32), Estimate(0.03, 0.02, 0.05)
    written = Result(
        format=FORMAT,
        system="resnet",
        condition="clean",
        trials=TrialList("data/test/trials", "0" * 32, 1000, 9000, 50),
        enrol=table,
        test=table,
        back_end=BackEnd("asnorm", 50, 200, table),
        facts=Facts(seed=3, parameters=7, training_seconds=1.5, other={"gpu": "none"}),
        eer=Estimate(0.03, 0.02, 0.05, 0.5),
        min_dcf_001=estimate,
        min_dcf_005=estimate,
        auc=estimate,
        num_draws=1000,
        version=Version(None, dirty=False),
        command="score_trials.py",
    )
    written.write(tmp_path / "result.json")
    assert read_result(tmp_path / "result.json") == written


def test_facts_are_read_from_words_and_json_and_known_ones_checked(tmp_path):
    (tmp_path / "info.json").write_text('{"parameters": 5, "seed": 1, "device": "cpu"}')
    facts = parse_facts([str(tmp_path / "info.json"), "seed=2", "synthetic=true", "training_seconds=3", "note=two words"])
    assert facts == Facts(seed=2, parameters=5, training_seconds=3.0, synthetic=True, other={"device": "cpu", "note": "two words"})
    for bad, reason in [
        ("seed=one", "--info seed: expected int"),
        ("seed", "expected key=value"),
        ("synthetic=1", "synthetic: expected bool"),
    ]:
        with pytest.raises(ConfigError, match=reason):
            parse_facts([bad])


def git(folder, *arguments):
    identity = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
    return subprocess.run(["git", "-C", folder, *identity, *arguments], check=True, capture_output=True, text=True).stdout.strip()


def test_commit_is_told_and_changes_but_for_result_tables(tmp_path):
    assert code_version(tmp_path) == Version(None, dirty=False)  # no clone
    git(tmp_path, "init", "--quiet")
    (tmp_path / "code").mkdir()
    for name in ("code/a.py", "RESULTS.md"):
        (tmp_path / name).write_text("1")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "-m", "first")
    commit = git(tmp_path, "rev-parse", "HEAD")
    (tmp_path / "RESULTS.md").write_text("2")
    assert code_version(tmp_path / "code") == Version(commit, dirty=False)
    (tmp_path / "code" / "b.py").write_text("1")
    assert code_version(tmp_path / "code") == Version(commit, dirty=True)
