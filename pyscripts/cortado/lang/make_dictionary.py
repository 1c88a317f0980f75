"""A dictionary from pronunciations alone: silence and noise phones added, phones that differ in stress put together."""

import re
from collections.abc import Iterable

from cortado.lang.dictionary import Dictionary
from cortado.lang.lexicon import Pronunciation

SILENCE, SPOKEN_NOISE = "SIL", "SPN"
_STRESSED = re.compile("([A-Z]+)([0-2])")  # ARPAbet's vowels with stress


def make_dictionary(pronunciations: Iterable[Pronunciation], oov_word: str) -> Dictionary:
    """The pronunciations, and `oov_word` as SPN unless they have it.

    Silence phones are SIL (optional between words) and SPN. All other phones of the lexicon are speech; the stresses of a vowel share
    a root of the tree, which may ask for each stress.
    """
    lexicon = sorted(pronunciations, key=lambda entry: entry.word)
    if all(entry.word != oov_word for entry in lexicon):
        lexicon = sorted([*lexicon, Pronunciation(oov_word, 1.0, (SPOKEN_NOISE,))], key=lambda entry: entry.word)
    silence = [SILENCE, SPOKEN_NOISE]
    phones = sorted({phone for entry in lexicon for phone in entry.phones} - set(silence))
    by_root: dict[str, list[str]] = {}
    by_stress: dict[str, list[str]] = {}
    for phone in phones:
        stressed = _STRESSED.fullmatch(phone)
        by_root.setdefault(stressed[1] if stressed else phone, []).append(phone)
        if stressed:
            by_stress.setdefault(stressed[2], []).append(phone)
    questions = [silence, *(by_stress[stress] for stress in sorted(by_stress))]
    return Dictionary(lexicon, [[phone] for phone in silence], list(by_root.values()), SILENCE, questions)
