"""Log priors of the classes of a network (pdf ids): how often each is a target, which decoding takes off its log posteriors.

A Bayes-rule likelihood is p(x | s) ~ p(s | x) / p(s): H. Bourlard and N. Morgan, Connectionist Speech Recognition, 1994.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from cortado.errors import DataError
from cortado.hmm.kaldi_io import KaldiWriter, open_reader, write_file


def log_priors(targets: Iterable[np.ndarray], num_classes: int) -> np.ndarray:
    """(num_classes,) float32, natural logs. targets: int arrays of classes. A class that never occurs counts as if it had once, so that
    its prior is that of the rarest, not zero.
    """
    counts = np.zeros(num_classes, np.int64)
    for classes in targets:
        counts += np.bincount(classes, minlength=num_classes)
    counts = np.maximum(counts, 1)
    return np.log(counts / counts.sum()).astype(np.float32)


def write_log_priors(path: str | Path, priors: np.ndarray) -> None:
    """Write a Kaldi vector, in text."""
    writer = KaldiWriter(is_binary=False)
    writer.floats(priors)
    write_file(path, writer)


def read_log_priors(path: str | Path) -> np.ndarray:
    """(num_classes,) float32, of a Kaldi vector, binary or text. Raises DataError unless all are logs of positive probabilities."""
    reader = open_reader(path)
    priors = reader.vector().astype(np.float32)
    reader.expect_end()
    if not len(priors) or not np.isfinite(priors).all() or priors.max() > 0:
        raise DataError(path, "expected natural logs of the probabilities of the classes, all finite and at most 0")
    return priors
