"""The scores of a network, an scp of matrices, for the utterances of a data directory."""

from collections.abc import Iterator

import numpy as np

from cortado.ark import read, read_scp
from cortado.datadir import DataDir
from cortado.errors import DataError


def read_scores(scp: str, data_dir: str) -> Iterator[tuple[str, np.ndarray]]:
    """(utterance, (num_frames, num_classes)) of every utterance of a data directory. Raises DataError for one that the scp has not."""
    table, utterances = read_scp(scp), DataDir(data_dir).utt2spk
    if missing := [utterance for utterance in utterances if utterance not in table]:
        raise DataError(scp, f"has no scores of utterance {missing[0]} of {data_dir}, nor of {len(missing) - 1} others")
    for utterance in utterances:
        yield utterance, read(table[utterance])
