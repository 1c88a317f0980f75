"""Language model scores in lattices replaced, against ARPA's definition applied to every path."""

import numpy as np
import pytest
from worlds import paths_of, random_lattice

from cortado.decode.determinize import determinize
from cortado.decode.lattice import Lattice
from cortado.decode.rescore import LanguageModel, rescore
from cortado.errors import DataError

WORDS = [f"w{n}" for n in range(1, 13)]
SCALE = 0.5


def random_arpa(path, order: int, seed: int) -> dict[tuple, tuple[float, float]]:
    """Write a model in which some n-grams of each order are there; (log10 probability, log10 backoff) of each."""
    rng = np.random.default_rng(seed)
    table = {("<unk>",): (-2.0, 0.0), ("<s>",): (-99.0, -0.3), ("</s>",): (-1.0, 0.0)}
    table |= {(word,): (-float(rng.uniform(0.5, 2)), -float(rng.uniform(0, 1))) for word in WORDS[:-1]}  # w12 is unknown to it
    for n in range(2, order + 1):
        for history in [ngram for ngram in table if len(ngram) == n - 1 and ngram[-1] not in ("</s>", "<unk>")]:
            for word in rng.choice([*WORDS[:-1], "</s>"], 3, replace=False):
                backoff = -float(rng.uniform(0, 1)) if n < order else 0.0
                if n == 2 or (*history[1:], word) in table:
                    table[(*history, str(word))] = -float(rng.uniform(0.1, 1)), backoff
    lines = ["\\data\\", *(f"ngram {n}={sum(len(ngram) == n for ngram in table)}" for n in range(1, order + 1)), ""]
    for n in range(1, order + 1):
        lines.append(f"\\{n}-grams:")
        rows = ((ngram, values) for ngram, values in table.items() if len(ngram) == n)
        lines += [f"{prob}\t{' '.join(ngram)}" + (f"\t{backoff}" if n < order else "") for ngram, (prob, backoff) in rows]
        lines.append("")
    path.write_text("\n".join([*lines, "\\end\\", ""]))
    return table


def sentence_cost(table, order: int, words: tuple) -> float:
    """-ln of the probability of a sentence by the recursion of backoff models."""

    def log10_prob(history, word):
        if (*history, word) in table:
            return table[(*history, word)][0]
        if not history:
            return table[("<unk>",)][0]
        return table.get(history, (0, 0.0))[1] + log10_prob(history[1:], word)

    sentence = ("<s>", *words, "</s>")
    total = sum(log10_prob(sentence[max(0, i - order + 1) : i], sentence[i]) for i in range(1, len(sentence)))
    return -np.log(10) * total


def all_paths(lattice: Lattice) -> dict[tuple, float]:
    """(words, transition ids) -> graph cost."""
    return {(words, tids): graph_cost for words, tids, graph_cost, _ in paths_of(lattice)}


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("scale", [1.0, 0.7])
def test_every_path_loses_the_old_score_and_gains_the_new_one(tmp_path, seed, scale):
    old, new = random_arpa(tmp_path / "old.arpa", 2, seed), random_arpa(tmp_path / "new.arpa", 4, seed + 50)
    lattice = determinize(random_lattice(seed), 4.0, SCALE)
    models = LanguageModel(tmp_path / "old.arpa"), LanguageModel(tmp_path / "new.arpa")
    rescored = rescore(lattice, lambda number: f"w{number}", *models, scale)
    before, after = all_paths(lattice), all_paths(rescored)
    assert after.keys() == before.keys()
    for (numbers, tids), graph_cost in before.items():
        words = tuple(f"w{number}" for number in numbers)
        expected = graph_cost - sentence_cost(old, 2, words) + scale * sentence_cost(new, 4, words)
        assert after[numbers, tids] == pytest.approx(expected, abs=1e-4)


def test_the_same_model_twice_changes_no_cost(tmp_path):
    random_arpa(tmp_path / "lm.arpa", 3, 0)
    model = LanguageModel(tmp_path / "lm.arpa")
    lattice = determinize(random_lattice(1), 4.0, SCALE)
    one, other = all_paths(lattice), all_paths(rescore(lattice, lambda number: f"w{number}", model, model))
    assert one == pytest.approx(other, abs=1e-5)


def test_what_is_no_language_model_is_refused_by_name(tmp_path):
    (tmp_path / "bad.arpa").write_text("hello\n")
    for name in ("bad.arpa", "none.arpa"):
        with pytest.raises(DataError, match=name.split(".")[0]):
            LanguageModel(tmp_path / name)
