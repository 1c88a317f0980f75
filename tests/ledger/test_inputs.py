"""The inputs that a stage declares: which are refused, and which are read again."""

import hashlib
import os

import pytest
from ledger_recipe import FINISHED, stages


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


@pytest.mark.parametrize("missing", ["data/trian", "conf/none.yaml", "exp/*/none.pt"])
def test_a_declared_input_that_is_not_there_stops_the_run_before_the_stage(fresh, missing):
    fresh.edit('"CMVN" data/train', f'"CMVN" data/train "{missing}"')
    result = fresh.run()
    assert result.returncode == 1 and stages(result) == [0, 1]
    assert result.stderr == f"run.sh: stage 2: there is no '{missing}', which is declared as an input\n"


def test_a_declared_input_that_is_an_empty_word_is_refused(fresh):
    fresh.edit('"CMVN" data/train', '"CMVN" "$overrides"')
    assert fresh.run().stderr == "run.sh: stage 2: one of the words that declare its inputs is empty\n"


def test_a_heap_of_files_is_refused_as_an_input(fresh):
    fresh.edit('"CMVN" data/train', '"CMVN" data/train/wav')
    fresh.edit("  mkdir -p", "  mkdir -p data/train/wav; (cd data/train/wav && seq 5001 | xargs touch)\n  mkdir -p")
    result = fresh.run()
    assert result.returncode == 1 and "data/train/wav is declared as an input and holds 5001 files" in result.stderr
    assert len(fresh.record(0)["outputs"]) == 1, "nor is it listed as an output"
