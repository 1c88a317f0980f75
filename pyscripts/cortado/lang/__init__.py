"""Words and phones: symbol tables, lexicons, dictionaries, and the lang folder in Kaldi's layout."""

from cortado.lang.files import Root, WordPhones
from cortado.lang.lang import Lang
from cortado.lang.lexicon import Pronunciation, read_lexicon, write_lexicon
from cortado.lang.symbols import EPSILON, SymbolTable

__all__ = ["EPSILON", "Lang", "Pronunciation", "Root", "SymbolTable", "WordPhones", "read_lexicon", "write_lexicon"]
