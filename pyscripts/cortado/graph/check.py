"""What is checked of a graph: that its parts speak of the same words and phones, and that probabilities sum to one."""

import numpy as np

from cortado.datadir.table import few
from cortado.errors import CortadoError
from cortado.graph.fst import EPSILON, Fst
from cortado.graph.fst_kernels import costs_of_states
from cortado.lang.symbols import SymbolTable


def stochasticity(fst: Fst) -> tuple[float, float]:
    """The least and greatest cost (-ln) of all that one can do in a state, over states: what Kaldi's fstisstochastic prints.

    Both are 0 where the probabilities of the arcs and of ending sum to 1 in every state. A backoff model has sums above 1, and costs
    below 0, because G may back off where it has an arc for the word too.
    """
    if not fst.num_states:
        raise CortadoError("a graph without states has no probabilities")
    costs = costs_of_states(fst)
    return float(costs.min()), float(costs.max())


def check_words(lexicon: Fst, grammar: Fst, words: SymbolTable, word_disambig: int) -> None:
    """Raises CortadoError naming words of `grammar` that have no pronunciation in `lexicon`: their sentences would vanish silently."""
    unknown = np.setdiff1d(grammar.ilabel, np.concatenate([lexicon.olabel, [EPSILON, word_disambig]]))
    if len(unknown):
        raise CortadoError(f"words of the grammar have no pronunciation in the lexicon: {_names(unknown, words)}")


def check_phones(lexicon: Fst, phones: SymbolTable, disambig_phones: list[int], phones_of_model: list[int]) -> None:
    """Raises CortadoError naming phones of `lexicon` that the acoustic model does not know."""
    unknown = np.setdiff1d(lexicon.ilabel, np.concatenate([phones_of_model, disambig_phones, [EPSILON]]))
    if len(unknown):
        raise CortadoError(
            f"phones of the lexicon are not in the acoustic model: {_names(unknown, phones)}; was it trained with another one?"
        )


def _names(numbers: np.ndarray, table: SymbolTable) -> str:
    """How many there are, and the first of them."""
    names = [table.symbol(number) if table.has_number(number) else f"number {number}" for number in numbers.tolist()]
    return f"{few(names)} ({len(names)} in all)" if len(names) > 1 else names[0]
