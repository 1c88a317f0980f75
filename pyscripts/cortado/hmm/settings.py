"""The typed config of training an acoustic model: everything that changes its result, and nothing else."""

from dataclasses import dataclass, field

from cortado.hmm.features import FrontEnd


@dataclass(frozen=True)
class AlignSettings:
    """`beam` and `retry_beam` are in nats of acoustic log-likelihood (Kaldi's times 10, at its acoustic scale of 0.1): the second is
    used where the first finds no path. A narrow beam survives with a wrong path where a narrower one fails and is widened.
    """

    beam: float = 300.0
    retry_beam: float = 1200.0
    acoustic_scale: float = 0.1
    transition_scale: float = 1.0
    self_loop_scale: float = 0.1

    def __post_init__(self):
        if not 0 < self.beam <= self.retry_beam:
            raise ValueError(f"beam ({self.beam}) must be above 0 and not above retry_beam ({self.retry_beam})")
        if min(self.acoustic_scale, self.transition_scale, self.self_loop_scale) <= 0:
            raise ValueError("acoustic_scale, transition_scale and self_loop_scale must be above 0")


@dataclass(frozen=True)
class TreeSettings:
    """`min_count`: frames in each leaf. `min_gain`: log-likelihood that a question must gain."""

    min_count: float = 50.0
    min_gain: float = 100.0

    def __post_init__(self):
        if self.min_count <= 0 or self.min_gain < 0:
            raise ValueError(f"tree: min_count ({self.min_count}) must be above 0 and min_gain ({self.min_gain}) at least 0")


@dataclass(frozen=True)
class HmmConfig:
    """How a model is trained, but for the number of leaves and Gaussians.

    `iterations`: of EM. `realign`: those that begin with a new alignment; the others use the last one. Gaussians are split evenly up to
    iteration `split_until`, with frames to the `power` deciding which pdf gets how many. `variance_floor`: share of the variance of
    all frames. `lda_dim`: dimensions that LDA leaves. `mllt`, `fmllr`: iterations in which these transforms are estimated.
    """

    front_end: FrontEnd | None = None
    iterations: int = 40
    realign: tuple[int, ...] = ()
    split_until: int = 30
    power: float = 0.25
    variance_floor: float = 0.01
    lda_dim: int | None = None
    mllt: tuple[int, ...] = ()
    fmllr: tuple[int, ...] = ()
    tree: TreeSettings = field(default_factory=TreeSettings)
    align: AlignSettings = field(default_factory=AlignSettings)

    def __post_init__(self):
        if self.iterations < 1 or not 0 <= self.split_until <= self.iterations:
            raise ValueError(f"iterations ({self.iterations}) must be at least 1, split_until ({self.split_until}) between 0 and that")
        for name in ("realign", "mllt", "fmllr"):
            if outside := [number for number in getattr(self, name) if not 1 <= number <= self.iterations]:
                raise ValueError(f"{name}: there is no iteration {outside[0]}, they are 1 to {self.iterations}")
        if 1 not in self.realign:
            raise ValueError("realign must begin with iteration 1")
        if not 0 < self.variance_floor < 1 or self.power <= 0:
            raise ValueError(f"variance_floor ({self.variance_floor}) lies between 0 and 1, power ({self.power}) above 0")
