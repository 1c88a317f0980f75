"""From a dictionary to a lang: numbers for words and phones, phones that know their place in the word, disambiguation symbols."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from cortado.errors import ConfigError, DataError
from cortado.lang.dictionary import Dictionary
from cortado.lang.disambiguation import disambiguation_numbers
from cortado.lang.files import Root, WordPhones
from cortado.lang.lang import SENTENCE_END, SENTENCE_START, WORD_DISAMBIG, Lang
from cortado.lang.symbols import SymbolTable

PLACES = {"_B": "begin", "_E": "end", "_I": "internal", "_S": "singleton"}


def build_lang(
    dictionary: Dictionary,
    oov_word: str,
    sil_prob: float = 0.5,
    position_dependent: bool = False,
    share_silence: bool = False,
) -> Lang:
    """The lang of a dictionary, numbered as Kaldi's prepare_lang.sh does.

    `oov_word` is the word of the lexicon that stands for words outside it; `share_silence` makes all silence phones share one
    unsplit root. Raises DataError when the oov word is not in the lexicon, ConfigError for a sil_prob outside [0, 1).
    """
    if not 0 <= sil_prob < 1:
        raise ConfigError(f"the probability of silence between words is {sil_prob}, but must be from 0 to below 1")
    if all(entry.word != oov_word for entry in dictionary.lexicon):
        raise DataError(dictionary.path, f"the lexicon has no word {oov_word}, which shall stand for all words outside it")
    if position_dependent:
        _refuse_endings(dictionary)
        return _number(_with_places(dictionary), oov_word, sil_prob, share_silence, _word_boundary(dictionary))
    return _number(dictionary, oov_word, sil_prob, share_silence, {})


def phones_in_word(phones: Sequence[str]) -> tuple[str, ...]:
    """The phones of a word marked with their places: _B first, _I inside, _E last, _S alone.

    >>> phones_in_word(["K", "AE", "T"])
    ('K_B', 'AE_I', 'T_E')
    """
    if len(phones) == 1:
        return (f"{phones[0]}_S",)
    return (f"{phones[0]}_B", *(f"{phone}_I" for phone in phones[1:-1]), f"{phones[-1]}_E")


def _with_places(dictionary: Dictionary) -> Dictionary:
    """The dictionary in phones that know their place. A silence phone is also there without a place, for silence outside words.

    The tree may ask for the place of speech phones, and for that of silence phones, as in Kaldi.
    """
    speech, silence = dictionary.nonsilence_phones, dictionary.silence_phones
    questions = [_in_places(question, dictionary) for question in dictionary.extra_questions]
    questions += [[phone + place for phone in speech] for place in PLACES]
    questions += [[phone + place for phone in silence] for place in ("", *PLACES)]
    return replace(
        dictionary,
        lexicon=[entry._replace(phones=phones_in_word(entry.phones)) for entry in dictionary.lexicon],
        silence_sets=[_in_places(phones, dictionary) for phones in dictionary.silence_sets],
        nonsilence_sets=[_in_places(phones, dictionary) for phones in dictionary.nonsilence_sets],
        extra_questions=questions,
    )


def _in_places(phones: Iterable[str], dictionary: Dictionary) -> list[str]:
    silence = set(dictionary.silence_phones)
    return [phone + place for phone in phones for place in (("", *PLACES) if phone in silence else PLACES)]


def _word_boundary(dictionary: Dictionary) -> dict[str, str]:
    places = dict.fromkeys(dictionary.silence_phones, "nonword")
    for phone in (*dictionary.silence_phones, *dictionary.nonsilence_phones):
        places |= {phone + ending: place for ending, place in PLACES.items()}
    return places


def _refuse_endings(dictionary: Dictionary) -> None:
    for phone in (*dictionary.silence_phones, *dictionary.nonsilence_phones):
        if phone.endswith(tuple(PLACES)):
            raise DataError(dictionary.path, f"phone {phone} ends in {phone[-2:]} as if it knew its place in the word already")


def _number(dictionary: Dictionary, oov_word: str, sil_prob: float, share_silence: bool, word_boundary: dict[str, str]) -> Lang:
    lexicon, silence, speech = dictionary.lexicon, dictionary.silence_phones, dictionary.nonsilence_phones
    num_disambig = max(disambiguation_numbers([entry.phones for entry in lexicon]), default=0) + 2  # #0, and one for silence
    disambig = [f"#{number}" for number in range(num_disambig)]
    phones = SymbolTable([*silence, *speech, *disambig], "phones.txt")
    words = SymbolTable([*sorted({entry.word for entry in lexicon}), WORD_DISAMBIG, SENTENCE_START, SENTENCE_END], "words.txt")
    silence_sets = [silence] if share_silence else dictionary.silence_sets
    silence_roots, speech_roots = (
        [Root(shared, shared, [phones[phone] for phone in phone_set]) for phone_set in sets]
        for shared, sets in ((not share_silence, silence_sets), (True, dictionary.nonsilence_sets))
    )
    roots = [*silence_roots, *speech_roots]
    return Lang(
        words=words,
        phones=phones,
        silence_phones=[phones[phone] for phone in silence],
        nonsilence_phones=[phones[phone] for phone in speech],
        context_independent=[phones[phone] for phone in silence],
        optional_silence=phones[dictionary.optional_silence],
        disambig_phones=[phones[phone] for phone in disambig],
        word_disambig=words[WORD_DISAMBIG],
        oov_word=words[oov_word],
        phone_sets=[root.phones for root in roots],
        roots=roots,
        extra_questions=[[phones[phone] for phone in question] for question in dictionary.extra_questions],
        word_boundary={phones[phone]: place for phone, place in word_boundary.items()},
        pronunciations=[WordPhones(words[word], math.log(p), tuple(phones[phone] for phone in ps)) for word, p, ps in lexicon],
        sil_prob=sil_prob,
    )
