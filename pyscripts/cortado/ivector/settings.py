"""The typed config of an i-vector system: everything that changes its result, and nothing else."""

from dataclasses import dataclass, field

from cortado.ivector.front_end import FrontEnd


@dataclass(frozen=True)
class UbmSettings:
    """The universal background model: a diagonal GMM that begins at frames drawn at random, then a full-covariance GMM from that.

    `diagonal_every` and `full_every`: an iteration takes each n-th speech frame of an utterance. `variance_floor`: no
    Gaussian has, in any direction, less than this share of the variance of all frames. `min_frames`: a Gaussian that accounts for
    fewer of all speech frames is dropped (for every n-th frame that is taken, the bound is an n-th).
    """

    num_gauss: int = 1024
    diagonal_iterations: int = 10
    diagonal_every: int = 5
    full_iterations: int = 10
    full_every: int = 1
    variance_floor: float = 0.01
    min_frames: float = 100

    def __post_init__(self):
        for name in ("num_gauss", "diagonal_iterations", "diagonal_every", "full_iterations", "full_every"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)}")
        if not 0 < self.variance_floor < 1:
            raise ValueError(f"variance_floor is a share between 0 and 1, not {self.variance_floor}")
        if self.min_frames <= 0:
            raise ValueError(f"min_frames must be above 0, not {self.min_frames}")


@dataclass(frozen=True)
class ExtractorSettings:
    """The total variability model: the size of the i-vectors, and iterations of EM with minimum divergence."""

    ivector_dim: int = 400
    iterations: int = 10

    def __post_init__(self):
        if self.ivector_dim < 1 or self.iterations < 1:
            raise ValueError(f"ivector_dim ({self.ivector_dim}) and iterations ({self.iterations}) must be at least 1")


@dataclass(frozen=True)
class IvectorConfig:
    """A whole i-vector system, but for the features that are in the data directory."""

    front_end: FrontEnd = field(default_factory=FrontEnd)
    ubm: UbmSettings = field(default_factory=UbmSettings)
    extractor: ExtractorSettings = field(default_factory=ExtractorSettings)
