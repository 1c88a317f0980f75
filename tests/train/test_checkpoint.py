"""Checkpoints are whole or named as broken, and averaging is the mean."""

import numpy as np
import pytest
import torch

from cortado.errors import CortadoError
from cortado.train import checkpoint


def test_a_checkpoint_cut_at_any_length_is_named_never_half_loaded(tmp_path):
    path = tmp_path / "checkpoint.pt"
    checkpoint.save(path, {"w": torch.arange(5000.0), "n": 3})
    whole = path.read_bytes()
    for length in range(0, len(whole), 997):
        path.write_bytes(whole[:length])
        with pytest.raises(CortadoError, match=r"checkpoint\.pt is not a whole checkpoint .*; once it is removed"):
            checkpoint.load(path)


def test_a_full_disk_is_an_error_that_names_the_checkpoint_and_leaves_the_old_one(tmp_path, disk_full_after):
    path = tmp_path / "checkpoint.pt"
    checkpoint.save(path, {"n": 1})
    with disk_full_after(100_000), pytest.raises(CortadoError, match=r"cannot write .*checkpoint\.pt: "):
        checkpoint.save(path, {"w": torch.arange(100_000.0)})
    assert checkpoint.load(path) == {"n": 1} and list(tmp_path.iterdir()) == [path]


def test_nothing_in_a_checkpoint_can_run_code(tmp_path):
    path = tmp_path / "evil.pt"
    torch.save({"f": print}, path)
    with pytest.raises(CortadoError, match=r"evil\.pt"):
        checkpoint.load(path)


def test_same_content_is_same_bytes(tmp_path):
    for name in ("a.pt", "b.pt"):
        checkpoint.save(tmp_path / name, {"w": torch.arange(50.0), "n": 3})
    assert (tmp_path / "a.pt").read_bytes() == (tmp_path / "b.pt").read_bytes()


def test_average_is_the_mean_and_counters_are_the_last():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(5, 7)).astype(np.float32)
    states = [{"w": torch.from_numpy(v), "count": torch.tensor(i)} for i, v in enumerate(values)]
    mean = checkpoint.average(states)
    np.testing.assert_allclose(mean["w"], values.astype(np.float64).mean(0), rtol=1e-6)
    assert mean["count"] == 4 and mean["w"].dtype == torch.float32
