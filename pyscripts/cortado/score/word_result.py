"""The record of a scored recognition, `result.json`: what was recognised, how it was weighted, and what came out.

It holds no date and no host, so the same inputs give the same bytes.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from cortado.config import from_dict, to_dict
from cortado.errors import DataError
from cortado.files import write_json
from cortado.score.result import Facts, Version, percent
from cortado.score.wer import Interval

FORMAT = "cortado word recognition result 1"


@dataclass(frozen=True)
class References:
    """The transcripts scored against; md5 is of the file."""

    path: str
    md5: str
    num_utterances: int
    num_words: int


@dataclass(frozen=True)
class Errors:
    substitutions: int
    deletions: int
    insertions: int
    wrong_sentences: int
    missing_sentences: int


@dataclass(frozen=True)
class WordResult:
    """chosen_on: the decoding whose errors chose lm_weight and word_penalty, None where it was this one (a development set)."""

    format: str
    system: str
    condition: str
    references: References
    wer: Interval
    errors: Errors
    oracle_wer: float  # of the best path of each lattice: what rescoring could attain
    lm_weight: float
    word_penalty: float
    chosen_on: str | None
    facts: Facts
    num_draws: int  # bootstrap draws of sentences behind the interval
    version: Version
    command: str

    def write(self, path: str | Path) -> None:
        """Write as JSON, atomically."""
        write_json(path, to_dict(self))

    def summary(self) -> str:
        """One line for people."""
        errors, interval = self.errors, f"[{percent(self.wer.low)}, {percent(self.wer.high)}]"
        kinds = f"{errors.substitutions} sub, {errors.deletions} del, {errors.insertions} ins of {self.references.num_words} words"
        weights = f"LM weight {self.lm_weight:g}, penalty {self.word_penalty:g}, {self.chosen_by()}"
        synthetic = ", synthetic speech" if self.facts.synthetic else ""
        return f"WER {percent(self.wer.value)} % {interval}  {kinds}  ({self.system}, {self.condition}, {weights}{synthetic})"

    def chosen_by(self) -> str:
        return f"chosen on {self.chosen_on}" if self.chosen_on else "chosen on this set"


def read_word_result(path: str | Path) -> WordResult:
    """Read a `result.json` of score_words.py. Raises DataError for anything else."""
    try:
        values = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(path, f"cannot be read: {error}") from None
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise DataError(path, f'not a result of score_words.py: it has no "format": "{FORMAT}"')
    return from_dict(WordResult, values, str(path))
