"""Both ways to cosine scores against the definition, and against each other at block borders."""

import numpy as np
import pytest

from cortado.score import cosine


def unit_rows(num, dim, seed):
    vectors = np.random.default_rng(seed).standard_normal((num, dim)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def by_definition(enrol, test, enrol_rows, test_rows):
    return [float(enrol[e].astype(np.float64) @ test[t].astype(np.float64)) for e, t in zip(enrol_rows, test_rows, strict=True)]


@pytest.mark.parametrize("way", [cosine.score_pairs, cosine.score_gathered, cosine.score_dense])
@pytest.mark.parametrize("num_trials", [0, 1, 257, 3000])
def test_every_way_gives_the_dot_product_of_each_pair(way, num_trials, monkeypatch):
    monkeypatch.setattr(cosine, "GATHERED_BYTES", 40 * 16 * 4)  # 40 rows a chunk, so that several chunks and a part are met
    monkeypatch.setattr(cosine, "DENSE_BYTES", 30 * 7 * 4)  # 7 enrolment rows a block
    enrol, test = unit_rows(50, 16, 0), unit_rows(30, 16, 1)
    rng = np.random.default_rng(2)
    rows = rng.integers(50, size=num_trials), rng.integers(30, size=num_trials)
    np.testing.assert_allclose(way(enrol, test, *rows), by_definition(enrol, test, *rows), atol=1e-6)


@pytest.mark.parametrize(("num_trials", "chosen"), [(100, "score_gathered"), (1_000_000, "score_dense")])
def test_sparse_lists_are_gathered_and_dense_ones_multiplied_whole(num_trials, chosen, monkeypatch):
    calls = []
    for name in ("score_gathered", "score_dense"):
        monkeypatch.setattr(cosine, name, lambda *_, name=name: calls.append(name))
    vectors = unit_rows(1000, 256, 0)
    rows = np.random.default_rng(0).integers(1000, size=(2, num_trials))
    cosine.score_pairs(vectors, vectors, *rows)
    assert calls == [chosen]


def test_pieces_of_a_list_go_the_way_of_the_whole(monkeypatch):
    calls = []
    for name in ("score_gathered", "score_dense"):
        monkeypatch.setattr(cosine, name, lambda *_, name=name: calls.append(name))
    vectors = unit_rows(1000, 256, 0)
    rows = np.random.default_rng(0).integers(1000, size=(2, 100))
    cosine.score_pairs(vectors, vectors, *rows, typical_length=1_000_000)
    assert calls == ["score_dense"]


def test_a_table_against_itself_rounds_as_against_a_copy():
    vectors = unit_rows(300, 64, 0)
    rows = np.random.default_rng(0).integers(300, size=(2, 3000))
    np.testing.assert_array_equal(cosine.score_dense(vectors, vectors, *rows), cosine.score_dense(vectors, vectors.copy(), *rows))
