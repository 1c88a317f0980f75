"""N-gram language models: counts, estimation, ARPA files, perplexity, pruning."""

from cortado.lm.arpa import read_arpa, write_arpa
from cortado.lm.ngram_model import NgramModel, NgramOrder

__all__ = ["NgramModel", "NgramOrder", "read_arpa", "write_arpa"]
