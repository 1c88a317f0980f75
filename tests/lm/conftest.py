"""The oracle of these tests, lmplz, and small texts to estimate models from."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "oracles"))
from khg_env import OracleUnavailable
from lmplz import lmplz_program, run_lmplz


@pytest.fixture(scope="session")
def lmplz():
    """`lmplz(text, arpa, "-o", 3)`; see tests/oracles/lmplz.py."""
    try:
        lmplz_program()
    except OracleUnavailable as error:
        pytest.skip(str(error))
    return run_lmplz


@pytest.fixture(scope="session")
def zipf_text(tmp_path_factory) -> Path:
    """800 sentences of words with Zipf's frequencies, each drawn near the one before: n-grams repeat as in running text.

    Some lines are empty, some words are not ASCII, the last line has no newline, and its word occurs once only.
    """
    rng = np.random.default_rng(0)
    names = [f"w{i}" if i % 3 else f"é{i}\u00a0ß" for i in range(500)]
    lines = []
    for length in rng.poisson(7, 800):
        ranks = np.minimum(rng.zipf(1.3, length), 500) - 1
        ranks[1:] = np.where(rng.random(max(length - 1, 0)) < 0.6, (ranks[:-1] * 7 + 3) % 500, ranks[1:])
        lines.append(" ".join(names[rank] for rank in ranks))
    path = tmp_path_factory.mktemp("lm") / "text"
    path.write_text("\n".join([*lines, "", "ultimately"]), encoding="utf-8")
    return path
