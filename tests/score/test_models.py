"""Models of several utterances: means under the model's name, and every line that does not fit named."""

import numpy as np
import pytest

from cortado.errors import DataError
from cortado.score.embeddings import Embeddings
from cortado.score.models import model_speakers, read_models

UTTERANCES = Embeddings("x.scp", ["a1", "a2", "a3", "b1"], np.arange(8, dtype=np.float32).reshape(4, 2))
UTT2SPK = {"a1": "a", "a2": "a", "a3": "a", "b1": "b"}


@pytest.fixture
def listed(tmp_path):
    def write(text):
        (tmp_path / "models").write_text(text)
        return tmp_path / "models"

    return write


def test_a_model_is_the_mean_of_its_utterances_in_any_order(listed):
    path = listed("m2 b1\nm1 a3 a1\n")
    models = read_models(path, UTTERANCES)
    assert (models.names, models.num_utts.tolist()) == (["m2", "m1"], [1, 2])
    averaged = models.average(UTTERANCES)
    assert averaged.keys == ["m2", "m1"] and averaged.vectors.dtype == np.float32
    np.testing.assert_array_equal(averaged.vectors, [[6, 7], [2, 3]])
    assert model_speakers(path, UTT2SPK, "utt2spk") == {"m2": "b", "m1": "a"}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("m2 b1 zz", "models:2: zz has no embedding in x.scp"),
        ("m2 a1 a2 a1", "models:2: model m2 has an utterance twice"),
        ("m2", "models:2: key m2 has no value"),
    ],
)
def test_a_line_that_does_not_fit_is_named(listed, line, reason):
    with pytest.raises(DataError, match=f"{reason}$"):
        read_models(listed(f"m1 a1\n{line}\n"), UTTERANCES)


@pytest.mark.parametrize(
    ("line", "reason"),
    [("m2 b1 zz", "models:2: zz has no speaker in utt2spk"), ("m2 b1 a1", "models:2: model m2 has utterances of a and b")],
)
def test_a_model_without_one_speaker_is_named(listed, line, reason):
    with pytest.raises(DataError, match=f"{reason}$"):
        model_speakers(listed(f"m1 a1\n{line}\n"), UTT2SPK, "utt2spk")
