"""The record of one scored trial list, `result.json`: what was scored, with what, and what came out.

It holds no date and no host, so the same inputs give the same bytes.
"""

import dataclasses
import json
import subprocess
import typing
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from cortado.config import convert, from_dict, to_dict
from cortado.errors import ConfigError, DataError
from cortado.files import write_json

FORMAT = "cortado speaker verification result 1"


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval over speakers; the threshold that attains it, None for 'accept nothing'."""

    value: float
    low: float
    high: float
    threshold: float | None = None


@dataclass(frozen=True)
class TrialList:
    path: str
    md5: str
    num_targets: int
    num_nontargets: int
    num_speakers: int


@dataclass(frozen=True)
class TableVersion:
    """A table by its rspecifier and the MD5 of its keys and values."""

    table: str
    md5: str


@dataclass(frozen=True)
class PldaModel:
    """A PLDA back end by its file and the MD5 of it; lda_dim: None without LDA."""

    path: str
    md5: str
    lda_dim: int | None


@dataclass(frozen=True)
class BackEnd:
    norm: typing.Literal["none", "inner", "mean", "asnorm"]
    top_n: int | None = None  # asnorm only, as is num_cohort_speakers
    num_cohort_speakers: int | None = None
    cohort: TableVersion | None = None
    plda: PldaModel | None = None  # cosine without it
    pair_head: str | None = None  # a network that compares two utterances in their place: "cross attentive"

    def label(self) -> str:
        """A name for tables: 'cosine', 'inner product', 'cosine, mean', 'cosine, AS-norm 50', 'PLDA' or 'LDA 128, PLDA, AS-norm 50'."""
        scorer = self.pair_head or ("inner product" if self.norm == "inner" else "cosine")
        if self.plda:
            scorer = "PLDA" if self.plda.lda_dim is None else f"LDA {self.plda.lda_dim}, PLDA"
        return scorer + {"none": "", "inner": "", "mean": ", mean", "asnorm": f", AS-norm {self.top_n}"}[self.norm]


@dataclass(frozen=True)
class Facts:
    """What the user tells about a system with --info; `other` is kept and printed, but sorts and labels nothing."""

    seed: int | None = None
    parameters: int | None = None
    training_seconds: float | None = None
    synthetic: bool = False  # the speech was made by a synthesiser
    other: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Version:
    """The code that ran: git commit, and whether files differed from it. No commit outside a git clone."""

    commit: str | None
    dirty: bool


@dataclass(frozen=True)
class ScoredSystem:
    """A system whose scores went into a calibration, as its own result names it."""

    name: str
    back_end: str
    seed: int | None

    def __str__(self) -> str:
        return f"{self.name} / {self.back_end}{'' if self.seed is None else f' / seed {self.seed}'}"


@dataclass(frozen=True)
class Calibrated:
    """What made the scores log-likelihood ratios, and what they are worth as such.

    systems: whose scores went into them, several for a fusion; quality: the quality measures that did; trials, md5: the list that
    the calibration was trained on, at the prior p_target.
    """

    systems: tuple[ScoredSystem, ...]
    quality: tuple[str, ...]
    p_target: float
    trials: str
    md5: str
    cllr: Estimate  # bits; may exceed 1
    min_cllr: Estimate
    act_dcf_001: Estimate  # cost at the threshold of the prior 0.01, beside min_dcf_001; may exceed 1
    act_dcf_005: Estimate


@dataclass(frozen=True)
class Result:
    """enrol, test, back_end: of the first system where several are fused."""

    format: str
    system: str
    condition: str
    trials: TrialList
    enrol: TableVersion
    test: TableVersion
    back_end: BackEnd
    facts: Facts
    eer: Estimate
    min_dcf_001: Estimate  # minDCF at p_target 0.01, costs 1
    min_dcf_005: Estimate  # at p_target 0.05
    auc: Estimate
    num_draws: int  # bootstrap draws behind the intervals
    version: Version
    command: str
    calibrated: Calibrated | None = None  # only of log-likelihood ratios

    def write(self, path: str | Path) -> None:
        """Write as JSON, atomically. A key that only calibrated results or PLDA have is left out of all others."""
        values = to_dict(self)
        for part, key in ((values, "calibrated"), (values["back_end"], "plda"), (values["back_end"], "pair_head")):
            if part[key] is None:
                del part[key]
        write_json(path, values)

    def label(self) -> str:
        """The back end for tables, that of each system for a fusion, and whether the scores are calibrated."""
        if not self.calibrated:
            return self.back_end.label()
        systems = self.calibrated.systems
        scores = self.back_end.label()
        if len(systems) > 1:
            scores = "fusion of " + " + ".join(f"{system.name} ({system.back_end})" for system in systems)
        return f"{scores}, calibrated{' with quality' if self.calibrated.quality else ''}"

    def summary(self) -> str:
        """One line for people: EER with its interval, both minDCF, AUC, and Cllr with its minimum if the scores are calibrated."""
        bits = f"Cllr {self.calibrated.cllr.value:.4f} (min {self.calibrated.min_cllr.value:.4f})  " if self.calibrated else ""
        return (
            f"EER {percent(self.eer.value)} % [{percent(self.eer.low)}, {percent(self.eer.high)}]  "
            f"minDCF(0.01) {self.min_dcf_001.value:.4f}  minDCF(0.05) {self.min_dcf_005.value:.4f}  AUC {percent(self.auc.value)} %  "
            f"{bits}({self.system}, {self.condition}, {self.label()}{', synthetic speech' if self.facts.synthetic else ''})"
        )


def percent(fraction: float) -> str:
    return f"{100 * fraction:.2f}"


def read_result(path: str | Path) -> Result:
    """Read a `result.json`. Anything else under that name (no JSON, another program's, a key too many) is a DataError."""
    try:
        values = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(path, f"cannot be read: {error.strerror}") from None
    except json.JSONDecodeError as error:
        raise DataError(path, f"not valid JSON: {error.msg}", line=error.lineno) from None
    except UnicodeDecodeError:
        raise DataError(path, "not valid JSON: the text is not UTF-8") from None
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise DataError(path, f'not a result of score_trials.py: it has no "format": "{FORMAT}"')
    return from_dict(Result, values, str(path))


def parse_facts(items: Iterable[str]) -> Facts:
    """Facts from 'key=value' words and from JSON files (a path that ends in .json), later ones winning.

    Raises ConfigError for a value of the wrong type, a word that is neither, or a JSON value that is no number, text or boolean.
    """
    values: dict = {}
    for item in items:
        values.update(_read_facts_json(item) if item.endswith(".json") and "=" not in item else _parse_fact(item))
    hints = typing.get_type_hints(Facts)
    known = {f.name for f in dataclasses.fields(Facts)} - {"other"}
    other = {key: value for key, value in values.items() if key not in known}
    return Facts(**{key: convert(values[key], hints[key], f"--info {key}") for key in known & values.keys()}, other=other)


def _parse_fact(item: str) -> dict:
    key, equals, value = item.partition("=")
    if not equals or not key:
        raise ConfigError(f"--info {item}: expected key=value or a file ending in .json")
    try:
        parsed = yaml.safe_load(value)
    except yaml.YAMLError:
        parsed = value
    return {key: parsed if isinstance(parsed, bool | int | float) else value}


def _read_facts_json(path: str) -> dict:
    try:
        values = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"--info {path}: {error}") from None
    if not isinstance(values, dict) or not all(isinstance(value, bool | int | float | str) for value in values.values()):
        raise ConfigError(f"--info {path}: expected one JSON object of numbers, texts and booleans")
    return values


def code_version(root: str | Path) -> Version:
    """The commit of the git clone that `root` lies in. RESULTS.md and COMPARISON.md are not counted as differences: recipes rewrite them."""
    commit = _git(root, "rev-parse", "HEAD")
    if commit is None:
        return Version(None, False)
    pages = (f":(top,exclude,glob)**/{page}" for page in ("RESULTS.md", "COMPARISON.md"))
    return Version(commit, bool(_git(root, "status", "--porcelain", "--", ":/", *pages)))


def _git(root, *arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError:  # git is not installed
        return None
    return done.stdout.strip() if done.returncode == 0 else None
