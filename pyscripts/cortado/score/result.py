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
    """A fraction in [0, 1] with its 95 % interval over speakers; the threshold that attains it, None for 'accept nothing'."""

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
class BackEnd:
    norm: typing.Literal["none", "mean", "asnorm"]
    top_n: int | None = None  # asnorm only, as is num_cohort_speakers
    num_cohort_speakers: int | None = None
    cohort: TableVersion | None = None

    def label(self) -> str:
        """A name for tables: 'cosine', 'cosine, mean' or 'cosine, AS-norm 50'."""
        return {"none": "cosine", "mean": "cosine, mean", "asnorm": f"cosine, AS-norm {self.top_n}"}[self.norm]


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
class Result:
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

    def write(self, path: str | Path) -> None:
        """Write as JSON, atomically."""
        write_json(path, to_dict(self))

    def summary(self) -> str:
        """One line for people: EER with its interval, both minDCF, AUC."""
        return (
            f"EER {percent(self.eer.value)} % [{percent(self.eer.low)}, {percent(self.eer.high)}]  "
            f"minDCF(0.01) {self.min_dcf_001.value:.4f}  minDCF(0.05) {self.min_dcf_005.value:.4f}  AUC {percent(self.auc.value)} %  "
            f"({self.system}, {self.condition}, {self.back_end.label()}{', synthetic speech' if self.facts.synthetic else ''})"
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
    """The commit of the git clone that `root` lies in. RESULTS.md files are not counted as differences: recipes rewrite them."""
    commit = _git(root, "rev-parse", "HEAD")
    if commit is None:
        return Version(None, False)
    return Version(commit, bool(_git(root, "status", "--porcelain", "--", ":/", ":(top,exclude,glob)**/RESULTS.md")))


def _git(root, *arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError:  # git is not installed
        return None
    return done.stdout.strip() if done.returncode == 0 else None
