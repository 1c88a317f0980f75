"""Texts as word ids and their n-grams: vocabularies, unknown words, odd lines, and counts beside a plain Counter."""

import gzip
from collections import Counter

import numpy as np
import pytest

from cortado.errors import DataError
from cortado.lm import sentences
from cortado.lm.counts import count_ngrams, read_corpus


@pytest.fixture
def text(tmp_path):
    (tmp_path / "text").write_text("b a  b\n\n\té\u00a0é a\nb <unk> zz\nzz yy zz", encoding="utf-8")
    return tmp_path / "text"


def words_of(corpus):
    return [corpus.vocabulary[i] for i in corpus.ids]


def test_sentences_stand_between_markers_and_unicode_spaces_belong_to_words(text):
    corpus = read_corpus(text)
    assert " ".join(words_of(corpus)) == "<s> b a b </s> <s> </s> <s> é\u00a0é a </s> <s> b <unk> zz </s> <s> zz yy zz </s>"
    assert corpus.vocabulary == ["<unk>", "<s>", "</s>", "b", "a", "é\u00a0é", "zz", "yy"] and corpus.oov_counts == {}


def test_words_outside_the_vocabulary_become_unknown_and_are_counted(text):
    corpus = read_corpus(text, ["b", "<UNK>", "never", "a", "</s>"])
    assert corpus.vocabulary == ["<unk>", "<s>", "</s>", "a", "b", "never"]
    assert " ".join(words_of(corpus)[:12]) == "<s> b a b </s> <s> </s> <s> <unk> a </s> <s>"
    assert list(corpus.oov_counts.items()) == [("zz", 3), ("yy", 1), ("é\u00a0é", 1)]


def test_both_spellings_of_the_unknown_word_are_one_word(tmp_path):
    (tmp_path / "text").write_text("a <UNK> <unk>\n")
    assert words_of(read_corpus(tmp_path / "text")) == ["<s>", "a", "<unk>", "<unk>", "</s>"]


def test_however_the_text_is_cut_and_packed_the_ids_are_the_same(text, tmp_path, monkeypatch):
    whole = read_corpus(text)
    monkeypatch.setattr(sentences, "_BYTES_AT_ONCE", 1)
    (tmp_path / "packed.gz").write_bytes(gzip.compress(text.read_bytes() + b"\n"))
    for path in (text, tmp_path / "packed.gz"):
        again = read_corpus(path)
        assert again.vocabulary == whole.vocabulary and again.ids.tolist() == whole.ids.tolist()


def test_names_of_utterances_are_no_words(tmp_path):
    (tmp_path / "text").write_text("utt1 a b\nutt2\nutt3\tb\n")
    assert " ".join(words_of(read_corpus(tmp_path))) == "<s> a b </s> <s> </s> <s> b </s>"


@pytest.mark.parametrize("order", [1, 2, 3, 4, 5])
def test_ngrams_are_those_that_a_counter_finds(order, zipf_text):
    corpus = read_corpus(zipf_text)
    expected = Counter()
    for line in zipf_text.read_bytes().split(b"\n"):
        words = ["<s>", *(word.decode() for word in line.split()), "</s>"]
        expected.update(tuple(words[i : i + n]) for n in range(1, order + 1) for i in range(len(words) - n + 1))
    expected["<unk>",] = 0
    found, ngrams = {}, [()]
    for counts in count_ngrams(corpus, order):
        shorter = ngrams
        ngrams = [(*shorter[c], corpus.vocabulary[w]) for c, w in zip(counts.context, counts.word, strict=True)]
        assert [shorter[row] for row in counts.suffix] == [ngram[1:] for ngram in ngrams]
        assert counts.begins.tolist() == [ngram[0] == "<s>" for ngram in ngrams]
        assert np.all(np.diff(counts.context.astype(np.int64) * len(corpus.vocabulary) + counts.word) > 0) or len(ngrams) == len(expected)
        found.update(zip(ngrams, counts.count.tolist(), strict=True))
    assert found == expected


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a\nb <s> c\n", r"text:2: has the word <s>"),
        (b"a </s>", r"text:1: has the word </s>"),
        (b"a\n\nb \xe9\n", r"text:3: is not UTF-8"),
        (b"", "text: has no words"),
        (b"\n \n", "text: has no words"),
    ],
)
def test_a_text_that_makes_no_sentences_is_refused(content, message, tmp_path):
    (tmp_path / "text").write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_corpus(tmp_path / "text")


def test_a_marker_within_a_word_is_part_of_it(tmp_path):
    (tmp_path / "text").write_text("a<s>b </s>.\n")
    assert words_of(read_corpus(tmp_path / "text")) == ["<s>", "a<s>b", "</s>.", "</s>"]


def test_unreadable_texts_are_named(tmp_path):
    with pytest.raises(DataError, match="nothing: cannot be read: No such file"):
        read_corpus(tmp_path / "nothing")
    (tmp_path / "cut.gz").write_bytes(gzip.compress(b"a b c\n" * 100)[:30])
    with pytest.raises(DataError, match=r"cut\.gz: cannot be read"):
        read_corpus(tmp_path / "cut.gz")
    (tmp_path / "text").write_text("utt1 a\n\n")
    with pytest.raises(DataError, match="text:2: is an empty line"):
        read_corpus(tmp_path)


def test_the_transcripts_of_a_data_directory_are_not_taken_for_a_text(text):
    text.with_name("utt2spk").touch()
    with pytest.raises(DataError, match="text: begins each line with the name of an utterance: give its directory"):
        read_corpus(text)
