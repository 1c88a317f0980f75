"""Tokens of a CTC network: sentences come back from their tokens, files and numbers, and characters that no token has."""

import numpy as np
import pytest
from sentencepiece import SentencePieceProcessor

from cortado.errors import ConfigError, CortadoError
from cortado.lm.tokens import BLANK, Tokens

SENTENCES = ["BIN BLUE AT F TWO NOW", "IT'S  ÉTÉ", "SET  RED", "LAY GREEN BY A ZERO AGAIN", "PLACE WHITE WITH B FOUR SOON"]


@pytest.fixture(params=["characters", "pieces"])
def tokens(request) -> Tokens:
    return Tokens.characters(SENTENCES) if request.param == "characters" else Tokens.pieces(SENTENCES * 9, 40)


def test_sentences_come_back_from_their_tokens_also_from_files(tokens, tmp_path):
    tokens.write(tmp_path)
    again = Tokens.read(tmp_path)
    assert (tmp_path / "num_classes").read_text() == f"{again.num_classes}\n"
    for sentence in SENTENCES:
        classes = tokens.encode(sentence)
        assert classes.dtype == np.int32 and BLANK not in classes and classes.max() < tokens.num_classes
        assert again.encode(sentence).tolist() == classes.tolist()
        assert again.words(classes.tolist()) == tuple(sentence.split())


def test_characters_are_those_of_the_text_and_the_boundary_between_words():
    tokens = Tokens.characters(["b a", "a'"])
    assert list(tokens.table) == [("<eps>", 0), ("'", 1), ("a", 2), ("b", 3), ("▁", 4)]
    assert tokens.encode("a'b  a").tolist() == [2, 1, 3, 4, 2]


def test_pieces_are_sentencepieces_own_with_its_numbers(tmp_path):
    tokens = Tokens.pieces(SENTENCES * 9, 40)
    tokens.write(tmp_path)
    oracle = SentencePieceProcessor(model_file=str(tmp_path / "sentencepiece.model"))
    assert tokens.num_classes == len(oracle) <= 41
    assert tokens.encode(SENTENCES[0]).tolist() == oracle.encode(SENTENCES[0])


def test_the_same_text_gives_the_same_bytes_and_characters_leave_no_old_model(tmp_path):
    for name in ("a", "b"):
        Tokens.pieces(SENTENCES * 9, 40).write(tmp_path / name)
    assert (tmp_path / "a/sentencepiece.model").read_bytes() == (tmp_path / "b/sentencepiece.model").read_bytes()
    Tokens.characters(SENTENCES).write(tmp_path / "a")
    assert Tokens.read(tmp_path / "a").encode("SET").tolist() == Tokens.characters(SENTENCES).encode("SET").tolist()


def test_a_character_that_no_token_has_is_named(tokens):
    with pytest.raises(CortadoError, match="'7' of 'BIN 7' is in no token"):
        tokens.encode("BIN 7")


def test_more_characters_than_pieces_are_refused():
    with pytest.raises(ConfigError, match="no 3 sentencepiece units"):
        Tokens.pieces(SENTENCES, 3)
