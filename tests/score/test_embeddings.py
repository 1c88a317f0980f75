"""Reading embeddings: every bad entry is named; centring, length and speaker means against their definitions."""

import numpy as np
import pytest

from cortado.ark import ArkWriter
from cortado.errors import DataError
from cortado.score.embeddings import Embeddings, read_embeddings


def write(folder, entries):
    with ArkWriter(folder / "x.ark", folder / "x.scp") as out:
        for key, value in entries.items():
            out.write(key, np.asarray(value))
    return str(folder / "x.scp")


def test_float_and_double_vectors_are_read_as_float32_in_file_order(tmp_path):
    path = write(tmp_path, {"b": np.array([1.0, 2.0]), "a": np.array([3.0, 4.0], np.float32)})
    table = read_embeddings(path)
    assert table.keys == ["b", "a"] and table.vectors.dtype == np.float32
    np.testing.assert_array_equal(table.vectors, [[1, 2], [3, 4]])


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (np.array([1.0, np.nan]), "the embedding of u2 holds NaN or infinite values"),
        (np.array([1.0, np.inf]), "the embedding of u2 holds NaN or infinite values"),
        (np.array([1.0, 2, 3]), "the embedding of u2 has 3 values, those before it have 2"),
        (np.ones((2, 2)), "u2 is no embedding"),
        (np.array([1, 2], np.int32), "u2 is no embedding"),
    ],
)
def test_bad_embedding_is_named_with_its_table(tmp_path, bad, reason):
    path = write(tmp_path, {"u1": np.array([1.0, 2.0]), "u2": bad, "u3": np.array([1.0, 2.0])})
    with pytest.raises(DataError, match=f"x.scp: {reason}"):
        read_embeddings(path)


def test_rows_of_keys_and_keys_of_rows_fit_each_other():
    table = Embeddings("x.scp", ["a", "b", "c"], np.eye(3, dtype=np.float32))
    assert table.rows(["b", "z", "a", "b"]).tolist() == [1, -1, 0, 1]
    selected = table.select(np.array([2, 0]))
    assert selected.keys == ["c", "a"] and selected.rows(["a", "b", "c"]).tolist() == [1, -1, 0]
    np.testing.assert_array_equal(selected.vectors, np.eye(3)[[2, 0]])


def test_two_embeddings_of_one_key_are_refused():
    with pytest.raises(DataError, match=r"x\.scp: two embeddings have the key a"):
        Embeddings("x.scp", ["a", "b", "a"], np.ones((3, 2), np.float32))


def test_embedding_without_direction_is_refused_by_name():
    with pytest.raises(DataError, match="the embedding of b has length zero"):
        Embeddings("x.scp", ["a", "b"], np.array([[1, 1], [0, 0]], np.float32)).unit()


def test_mean_of_another_size_is_refused():
    with pytest.raises(DataError, match="embeddings have 2 values, the mean to subtract has 3"):
        Embeddings("x.scp", ["a"], np.ones((1, 2), np.float32)).centred(np.zeros(3))


def test_speaker_means_weigh_the_utterances_of_a_speaker_equally():
    table = Embeddings("x.scp", ["u1", "u2", "u3"], np.array([[1, 0], [5, 5], [3, 2]], np.float32))
    means = table.speaker_means({"u1": "B", "u2": "A", "u3": "B"}, "utt2spk")
    assert means.keys == ["A", "B"]
    np.testing.assert_array_equal(means.vectors, [[5, 5], [2, 1]])
    with pytest.raises(DataError, match=r"utt2spk: no speaker for u2 of x.scp \(2 such keys\)"):
        table.speaker_means({"u1": "B"}, "utt2spk")


def test_md5_tells_values_and_keys_apart_but_not_the_order():
    table = Embeddings("x.scp", ["a", "b"], np.array([[1, 2], [3, 4]], np.float32))
    reordered = Embeddings("y.scp", ["b", "a"], np.array([[3, 4], [1, 2]], np.float32))
    swapped = Embeddings("x.scp", ["b", "a"], table.vectors)
    assert table.md5() == reordered.md5() != swapped.md5()
