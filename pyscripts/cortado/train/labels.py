"""The speaker of each utterance as a number, for a million utterances in a second."""

import numpy as np

from cortado.datadir import DataDir
from cortado.datadir.lines import decode, encode, find, read_lines
from cortado.errors import CortadoError, DataError
from cortado.train.crops import Crops


def number_speakers(crops: Crops, data_dir: DataDir) -> tuple[list[str], np.ndarray]:
    """The speakers of the crops, sorted, and the number of each utterance's: (num_utterances,) int64.

    Raises DataError naming an utterance without a speaker.
    """
    speakers, labels = np.unique(_speaker_of_each(crops, data_dir), return_inverse=True)
    return decode(speakers), labels.astype(np.int64)


def label_utterances(crops: Crops, data_dir: DataDir, speakers: list[str]) -> np.ndarray:
    """The number of each utterance's speaker among the sorted `speakers`: (num_utterances,) int64.

    Raises DataError naming an utterance without a speaker, CortadoError one whose speaker is not among them.
    """
    found = _speaker_of_each(crops, data_dir)
    labels = find(found, encode(speakers))
    if (labels < 0).any():
        first = int(np.argmax(labels < 0))
        raise CortadoError(f"utterance {crops.utterances[first]}: its speaker {found[first].decode()} is not among the training speakers")
    return labels


def _speaker_of_each(crops: Crops, data_dir: DataDir) -> np.ndarray:
    """(num_utterances,) byte strings."""
    utt2spk = read_lines(data_dir.path / "utt2spk")
    lines = find(encode(crops.utterances), utt2spk.keys)
    if (lines < 0).any():
        raise DataError(data_dir.path / "utt2spk", f"has no line for utterance {crops.utterances[int(np.argmax(lines < 0))]}")
    return utt2spk.values[lines]
