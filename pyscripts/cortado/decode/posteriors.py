"""Log posteriors of a network, checked; and scores for the search made of them: log p(s | x) - prior_scale * log p(s)."""

import numpy as np

from cortado.errors import ConfigError, CortadoError

_ABOVE_ZERO = 1e-3  # a log posterior may be, by rounding


class PosteriorScorer:
    """Takes `prior_scale` times the log priors, (num_classes,) float32, off log posteriors. Raises ConfigError for a negative scale."""

    def __init__(self, log_priors: np.ndarray, prior_scale: float = 1.0):
        if not 0 <= prior_scale < np.inf:
            raise ConfigError(f"--prior-scale is {prior_scale}, but must be at least 0")
        self._offsets = np.float32(prior_scale) * log_priors

    def __call__(self, utterance: str, log_posteriors: np.ndarray) -> np.ndarray:
        """(num_frames, num_classes) float32, natural logs, -inf allowed -> the same shape: log-likelihoods, up to a number for each frame.

        Raises CortadoError as check_log_posteriors.
        """
        check_log_posteriors(utterance, log_posteriors, len(self._offsets))
        return log_posteriors - self._offsets


def check_log_posteriors(utterance: str, log_posteriors: np.ndarray, num_classes: int) -> None:
    """Raise CortadoError naming the utterance for no frames, another number of classes, NaN, and values that are no log posteriors."""
    if log_posteriors.ndim != 2 or not len(log_posteriors) or log_posteriors.shape[1] != num_classes:
        raise CortadoError(f"utterance {utterance}: posteriors are {log_posteriors.shape}, expected frames x {num_classes} classes")
    if not log_posteriors.max() <= _ABOVE_ZERO:  # NaN is not either
        frame = int(np.argmax(~(log_posteriors <= _ABOVE_ZERO).all(axis=1)))
        raise CortadoError(f"utterance {utterance}: frame {frame} has the value {log_posteriors[frame].max()}, which is no log posterior")
