"""script.py: stages and the options they depend on, told from the text of a run.sh."""

import pytest

from cortado.errors import DataError
from cortado.ledger.script import read_script

OPTIONS = {"nj": "4", "train_nj": "2", "systems": "resnet", "seed": "0", "name": "x", "parts": "4 2", "top_n": "20", "gpu": "0"}
TEXT = """#!/usr/bin/env bash
nj=4
seed=0 # $top_n is named here, before the options are read
. utils/stage.sh
. utils/parse_options.sh

# $gpu is named in a comment
tests=()
for n in $parts; do
  tests+=("test_$n")
done

train() {
  steps/train.sh --seed "$seed"

  echo "$folder"
}

folder=exp/$name

if stage 0 "Corpus"; then
  make --nj "$nj" --train-nj "${train_nj}"
fi
if stage 1 "Features: 80" data/train "conf/$systems.yaml"; then
  for x in 1; do
    if true; then
      make x
    fi
  done
fi
if stage 2 'Test' "${tests[@]}"; then score; fi
if stage 3 "Train"; then
  train
fi
if stage 5 "Score"; then
  for ((i = 0; i < top_n; i++)); do score "${#gpu}"; done
fi
"""


@pytest.fixture
def read(tmp_path):
    def read(text=TEXT):
        (tmp_path / "run.sh").write_text(text)
        return read_script(tmp_path / "run.sh")

    return read


def test_stages_are_found_with_number_and_title(read):
    assert {n: stage.title for n, stage in read().stages.items()} == {0: "Corpus", 1: "Features: 80", 2: "Test", 3: "Train", 5: "Score"}


@pytest.mark.parametrize(
    "number, expected",
    [
        (0, set()),  # the number of jobs changes no result
        (1, {"systems"}),  # named at the inputs
        (2, {"parts"}),  # through the paragraph that sets `tests`
        (3, {"seed", "name"}),  # through the function, and the variable that it names
        (5, {"top_n", "gpu"}),
    ],
)
def test_options_of_a_stage(read, number, expected):
    assert set(read().options_of(number, OPTIONS)) == expected


@pytest.mark.parametrize(
    "old, new, changed",
    [
        ("  make x", "  make y", {1}),
        ("data/train", "data/other", {1}),
        ("Features: 80", "Log-mel features", set()),
        ("      make x", "   # why\n\n   make x", set()),
        ('tests+=("test_$n")', 'tests+=("tests_$n")', {2}),
        ("folder=exp", "folder=data", {3}),
        ("\n\n  echo", "\n  echo", set()),
        ("# $gpu is", "# $seed is", set()),
        ("nj=4", "nj=5", set()),
        ("then score;", "then score 2;", {2}),
    ],
)
def test_commands_digest_changes_with_what_a_stage_runs_and_with_nothing_else(read, old, new, changed):
    assert TEXT.count(old) == 1
    before, after = read(), read(TEXT.replace(old, new))
    assert {n for n in before.stages if before.commands_md5(n) != after.commands_md5(n)} == changed


def test_two_stages_of_one_number_are_refused_with_the_line(read):
    with pytest.raises(DataError, match=r"run\.sh:35: there is a stage 2 further up"):
        read(TEXT.replace("stage 5", "stage 2"))
