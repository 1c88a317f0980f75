"""Speakers enrolled with several utterances: which utterances make up each model that trials name."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cortado.datadir.table import read_table
from cortado.errors import DataError
from cortado.score.embeddings import Embeddings


@dataclass(frozen=True)
class Models:
    """names: the models; index, (num_utts,): the model of each utterance; rows, (num_utts,): its row in a table of embeddings."""

    names: list[str]
    index: np.ndarray
    rows: np.ndarray

    @property
    def num_utts(self) -> np.ndarray:
        """How many utterances each model has, (num_models,) int64."""
        return np.bincount(self.index)

    def average(self, utterances: Embeddings) -> Embeddings:
        """The mean of the embeddings of each model's utterances, under the model's name; in the type of the vectors."""
        sums = np.zeros((len(self.names), utterances.vectors.shape[1]))
        np.add.at(sums, self.index, utterances.vectors[self.rows])
        return Embeddings(utterances.source, self.names, (sums / self.num_utts[:, None]).astype(utterances.vectors.dtype))


def single_utterances(utterances: Embeddings) -> Models:
    """Each utterance a model by itself."""
    rows = np.arange(len(utterances.keys))
    return Models(utterances.keys, rows, rows)


def read_models(path: str | Path, utterances: Embeddings) -> Models:
    """Models from lines 'model utterance utterance ...'. Raises DataError with the line for an utterance without an embedding or
    given twice in a model.
    """
    utts_of = read_model_utts(path)
    index = np.repeat(np.arange(len(utts_of)), [len(utts) for utts in utts_of.values()])
    utts = [utt for of_model in utts_of.values() for utt in of_model]
    rows = utterances.rows(utts)
    missing = np.flatnonzero(rows < 0)
    if len(missing):
        line = int(index[missing[0]]) + 1
        raise DataError(path, f"{utts[missing[0]]} has no embedding in {utterances.source}", line)
    return Models(list(utts_of), index, rows)


def read_model_utts(path: str | Path) -> dict[str, list[str]]:
    """The utterances of each model. Raises DataError with the line as read_table does and for an utterance given twice in a model."""
    utts_of = {name: value.split() for name, value in read_table(path).items()}
    for line, (name, utts) in enumerate(utts_of.items(), 1):
        if len(set(utts)) < len(utts):
            raise DataError(path, f"model {name} has an utterance twice", line)
    return utts_of


def model_speakers(path: str | Path, utt2spk: Mapping[str, str], utt2spk_path: str) -> dict[str, str]:
    """The speaker of each model. Raises DataError with the line for an utterance without a speaker and a model of two speakers."""
    speaker_of = {}
    for line, (name, utts) in enumerate(read_model_utts(path).items(), 1):
        unknown = [utt for utt in utts if utt not in utt2spk]
        if unknown:
            raise DataError(path, f"{unknown[0]} has no speaker in {utt2spk_path}", line)
        speakers = sorted({utt2spk[utt] for utt in utts})
        if len(speakers) > 1:
            raise DataError(path, f"model {name} has utterances of {speakers[0]} and {speakers[1]}", line)
        speaker_of[name] = speakers[0]
    return speaker_of
