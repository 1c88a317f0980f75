"""A dictionary with all that is difficult: homophones, a word that begins another one, alternatives with probabilities, a silence word."""

import pytest

from cortado.lang import Pronunciation
from cortado.lang.dictionary import Dictionary

LEXICON = """
!SIL 1.0 SIL
<unk> 1.0 SPN
a 1.0 AH
a 0.25 EY
red 1.0 R EH D
read 0.5 R EH D
read 1.0 R IY D
reader 1.0 R IY D AH
"""


@pytest.fixture(scope="session")
def dictionary() -> Dictionary:
    rows = [line.split() for line in LEXICON.strip().splitlines()]
    return Dictionary(
        lexicon=[Pronunciation(word, float(probability), tuple(phones)) for word, probability, *phones in rows],
        silence_sets=[["SIL"], ["SPN"]],
        nonsilence_sets=[["AH", "EH"], ["D"], ["EY"], ["IY"], ["R"]],
        optional_silence="SIL",
        extra_questions=[["SIL", "SPN"], ["AH", "EH", "EY", "IY"]],
    )
