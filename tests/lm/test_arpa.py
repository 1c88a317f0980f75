"""ARPA files: read with every value in its place, written so that KenLM reads the same model, and named lines where one is wrong."""

import gzip
import itertools
import math

import kenlm
import numpy as np
import pytest

from cortado.errors import DataError
from cortado.lm import NgramModel, NgramOrder, read_arpa, write_arpa

MODEL = """a comment of the program that wrote it
\\data\\
ngram 1=5
ngram 2=3
ngram 3=1

\\1-grams:
-1.5\t<unk>
-99\t<s>\t-0.25
-0.7\t</s>
-0.8\tzwei\t-0.125
-0.9\t\u00e9\u00a0t\u00e9 -0.5

\\2-grams:
-0.2\tzwei \u00e9\u00a0t\u00e9
-0.3 <s> zwei\t-0.0625
-0.1\tzwei </s>

\\3-grams:
-0.05\t<s> zwei </s>

\\end\\
"""
BIGRAMS = MODEL.index("\\2-grams:")


@pytest.fixture
def path(tmp_path):
    (tmp_path / "lm.arpa").write_text(MODEL, encoding="utf-8")
    return tmp_path / "lm.arpa"


def test_values_stand_beside_their_words_whatever_the_order_in_the_file(path):
    model = read_arpa(path)
    assert model.vocabulary == ["<unk>", "<s>", "</s>", "zwei", "\u00e9\u00a0t\u00e9"]
    bigrams = {tuple(model.vocabulary[word] for word in ids): i for i, ids in enumerate(model.orders[1].ids.tolist())}
    row = bigrams["<s>", "zwei"]
    assert (model.orders[1].log10_prob[row], model.orders[1].log10_backoff[row]) == (np.float32(-0.3), np.float32(-0.0625))
    assert model.orders[1].log10_backoff[bigrams["zwei", "</s>"]] == 0
    assert model.orders[0].log10_backoff.tolist() == [0, -0.25, 0, -0.125, -0.5]
    for order in model.orders:
        assert order.ids.tolist() == sorted(order.ids.tolist())


def test_every_ngram_is_found_in_its_row_and_no_other_is():
    rng = np.random.default_rng(0)
    words = rng.choice(7, size=(40, 3), p=np.arange(1, 8) / 28)
    orders = [np.unique(words[:, :n], axis=0).astype(np.int32) for n in (1, 2, 3)]
    orders[0] = np.arange(7, dtype=np.int32)[:, None]
    made = [NgramOrder(ids, np.zeros(len(ids), np.float32), np.zeros(len(ids), np.float32)) for ids in orders]
    model = NgramModel.from_unsorted([f"w{i}" for i in range(7)], made)
    for n, ids in enumerate(orders, 1):
        rows = {tuple(ngram): row for row, ngram in enumerate(model.orders[n - 1].ids.tolist())}
        every = np.array(list(itertools.product(range(-1, 7), repeat=n)))
        assert model.rows(every).tolist() == [rows.get(tuple(ngram), -1) for ngram in every.tolist()]
        assert len(rows) == len(ids)


def test_kenlm_scores_what_we_have_read_and_written_as_the_file_itself(path, tmp_path):
    write_arpa(tmp_path / "again.arpa", read_arpa(path))
    path.write_text(MODEL[MODEL.index("\\data") :].replace(" -0.5", "\t-0.5"), encoding="utf-8")  # KenLM is stricter
    one, two = kenlm.Model(str(path)), kenlm.Model(str(tmp_path / "again.arpa"))
    for sentence in ("", "zwei", "zwei zwei", "\u00e9\u00a0t\u00e9 zwei", "drei"):
        assert one.score(sentence) == pytest.approx(two.score(sentence), abs=1e-6)
    assert one.score("zwei") == pytest.approx(-0.35, abs=1e-6)


@pytest.mark.parametrize("name", ["plain.arpa", "packed.arpa.gz"])
def test_writing_what_was_read_gives_the_same_model_and_the_same_bytes(name, path, tmp_path):
    model = read_arpa(path)
    write_arpa(tmp_path / name, model)
    again = read_arpa(tmp_path / name)
    assert again.vocabulary == model.vocabulary
    for one, two in zip(again.orders, model.orders, strict=True):
        np.testing.assert_array_equal(one.ids, two.ids)
        np.testing.assert_array_equal(one.log10_prob, two.log10_prob)
        np.testing.assert_array_equal(one.log10_backoff, two.log10_backoff)
    first = (tmp_path / name).read_bytes()
    write_arpa(tmp_path / name, again)
    assert (tmp_path / name).read_bytes() == first


def test_a_probability_of_zero_is_read(path):
    path.write_text(MODEL.replace("-1.5\t<unk>", "-inf\t<unk>"))
    assert read_arpa(path).orders[0].log10_prob[0] == -math.inf


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("-0.8\tzwei\t-0.125", "-0.8\tzwei\t-0.125\t1", ":11: expected a 1-gram"),
        ("-0.8\tzwei", "O.8\tzwei", ":11: 'O.8' is no log10"),
        ("-0.8\tzwei", "nan\tzwei", ":11: 'nan' is no log10"),
        ("-0.7\t</s>", "-0.7\tzwei", ":11: gives the unigram 'zwei' a second time"),
        ("-0.1\tzwei </s>", "-0.1\tdrei </s>", ":17: uses the word 'drei', which is not a unigram"),
        ("-0.1\tzwei </s>", "-0.1\t<s> zwei", ":17: 2-gram number 3 is given twice"),
        ("-0.05\t<s> zwei </s>", "-0.05\t</s> zwei </s>", ":20: 3-gram number 1 begins with words that are not a 2-gram"),
        ("ngram 2=3", "ngram 2=4", ":18: expected a 2-gram"),
        ("ngram 2=3", "ngram 2=2", "expected .*3-grams:.*found"),
        ("ngram 3=1", "ngram 4=1", ":5: expected 'ngram 3=<count>'"),
        ("\\end\\", "", "ends too early"),
        ("\\data\\", "", "ends too early"),
    ],
)
def test_a_malformed_line_is_named(right, wrong, message, path):
    assert right in MODEL
    path.write_text(MODEL.replace(right, wrong), encoding="utf-8")
    with pytest.raises(DataError, match=message):
        read_arpa(path)


def test_a_cut_file_is_named(path, tmp_path):
    path.write_text(MODEL[:BIGRAMS], encoding="utf-8")
    with pytest.raises(DataError, match="ends too early"):
        read_arpa(path)
    whole = gzip.compress(MODEL.encode())
    (tmp_path / "cut.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match=r"cut\.gz: cannot be read"):
        read_arpa(tmp_path / "cut.gz")


def test_a_word_that_is_not_utf8_is_named(path):
    path.write_bytes(MODEL.encode().replace("\u00e9\u00a0t\u00e9".encode(), b"\xe9t\xe9"))
    with pytest.raises(DataError, match=r":12: the word b'\\xe9t\\xe9' is not UTF-8"):
        read_arpa(path)
