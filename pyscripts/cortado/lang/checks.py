"""What can be wrong with a lang folder whose files can be read: files that contradict each other."""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from cortado.errors import DataError
from cortado.lang.build import PLACES
from cortado.lang.disambiguation import disambiguation_numbers
from cortado.lang.lang import SENTENCE_END, SENTENCE_START, WORD_DISAMBIG, Lang
from cortado.lang.rows import read_rows
from cortado.lang.symbols import SymbolTable

LISTS = ("silence", "nonsilence", "context_indep", "optional_silence", "disambig", "sets", "roots", "extra_questions", "word_boundary")
_FLAGS = {"shared", "not-shared", "split", "not-split", *PLACES.values(), "nonword"}


def problems(folder: str | Path) -> list[str]:
    """Everything wrong with the text files of a lang folder, as 'file:line: what'; what cannot be read at all stands alone."""
    folder = Path(folder)
    try:
        lang = Lang.read(folder)
        checks = (_symbols, _phone_lists, _phone_sets, _disambiguation, _lexicon, _word_boundaries, _texts, _align_lexicon)
        return [str(problem) for check in checks for problem in check(lang, folder)]
    except DataError as error:
        return [str(error)]


def _symbols(lang: Lang, folder: Path) -> Iterator[DataError]:
    """The words that graphs need, and a pronunciation for every other one."""
    reserved = {WORD_DISAMBIG, SENTENCE_START, SENTENCE_END}
    for word in sorted(reserved):
        if word not in lang.words:
            yield DataError(folder / "words.txt", f"has no {word}")
    pronounced = {entry.word for entry in lang.pronunciations}
    for line, (word, number) in enumerate(lang.words, 1):
        if number and word not in reserved and number not in pronounced:
            yield DataError(folder / "words.txt", f"word {word} has no pronunciation in lexiconp.txt", line)
        if number in pronounced and word in reserved:
            yield DataError(folder / "words.txt", f"{word} is reserved, but has a pronunciation in lexiconp.txt", line)
    if lang.oov_word not in pronounced:
        yield DataError(folder / "oov.int", f"word {lang.oov_word} has no pronunciation in lexiconp.txt", 1)


def _phone_lists(lang: Lang, folder: Path) -> Iterator[DataError]:
    """Each phone is silence, speech or disambiguation, and just one of them."""
    lists = {"silence": lang.silence_phones, "nonsilence": lang.nonsilence_phones, "disambig": lang.disambig_phones}
    kinds: dict[int, str] = {}
    for kind, phones in lists.items():
        for line, phone in enumerate(phones, 1):
            if phone in kinds:
                yield DataError(folder / f"phones/{kind}.int", f"phone {phone} is also in {kinds[phone]}.int", line)
            kinds[phone] = kind
    for line, (symbol, number) in enumerate(lang.phones, 1):
        if number and number not in kinds:
            yield DataError(folder / "phones.txt", f"phone {symbol} is neither silence, nonsilence nor disambig", line)
    if kinds.get(lang.optional_silence) != "silence":
        yield DataError(folder / "phones/optional_silence.int", f"phone {lang.optional_silence} is not in silence.int", 1)
    for line, phone in enumerate(lang.context_independent, 1):
        if kinds.get(phone) not in ("silence", "nonsilence"):
            yield DataError(folder / "phones/context_indep.int", f"phone {phone} is neither silence nor nonsilence", line)


def _phone_sets(lang: Lang, folder: Path) -> Iterator[DataError]:
    """sets and roots have every silence and nonsilence phone once; questions only have such phones."""
    modelled = {*lang.silence_phones, *lang.nonsilence_phones}
    for name, rows in (("sets", lang.phone_sets), ("roots", [root.phones for root in lang.roots])):
        path, seen = folder / f"phones/{name}.int", set()
        for line, phone in _flat(rows):
            if phone in seen or phone not in modelled:
                yield DataError(path, f"phone {phone} is there twice" if phone in seen else f"phone {phone} has no model", line)
            seen.add(phone)
        for phone in sorted(modelled - seen):
            yield DataError(path, f"phone {phone} ({lang.phones.symbol(phone)}) is missing")
    for line, phone in _flat(lang.extra_questions):
        if phone not in modelled:
            yield DataError(folder / "phones/extra_questions.int", f"phone {phone} has no model", line)


def _disambiguation(lang: Lang, folder: Path) -> Iterator[DataError]:
    """#0, #1, ...: enough of them, and in the place where they are looked for."""
    path = folder / "phones/disambig.int"
    for number, phone in enumerate(lang.disambig_phones):
        if lang.phones.symbol(phone) != f"#{number}":
            yield DataError(path, f"phone {phone} is {lang.phones.symbol(phone)}, expected #{number}", number + 1)
    needed = max(disambiguation_numbers([entry.phones for entry in lang.pronunciations])) + 2
    if len(lang.disambig_phones) < needed:
        yield DataError(path, f"has {len(lang.disambig_phones)} symbols; the lexicon needs {needed}, with #0 and one behind silence")
    if lang.words.symbol(lang.word_disambig) != WORD_DISAMBIG:
        yield DataError(folder / "phones/wdisambig_words.int", f"word {lang.word_disambig} is not {WORD_DISAMBIG}", 1)


def _lexicon(lang: Lang, folder: Path) -> Iterator[DataError]:
    modelled = {*lang.silence_phones, *lang.nonsilence_phones}
    for line, entry in enumerate(lang.pronunciations, 1):
        for phone in entry.phones:
            if phone not in modelled:
                yield DataError(folder / "lexiconp.txt", f"phone {lang.phones.symbol(phone)} has no model", line)


def _word_boundaries(lang: Lang, folder: Path) -> Iterator[DataError]:
    """Every phone has a place, and every word begins, goes on and ends in phones of these places."""
    if not lang.word_boundary:
        return
    path = folder / "phones/word_boundary.int"
    modelled = {*lang.silence_phones, *lang.nonsilence_phones}
    for line, phone in enumerate(lang.word_boundary, 1):
        if phone not in modelled:
            yield DataError(path, f"phone {phone} has no model", line)
    for phone in sorted(modelled - lang.word_boundary.keys()):
        yield DataError(path, f"phone {phone} ({lang.phones.symbol(phone)}) is missing")
    for line, entry in enumerate(lang.pronunciations, 1):
        places = [lang.word_boundary.get(phone) for phone in entry.phones]
        if places != ["singleton"] and places != ["begin", *["internal"] * (len(places) - 2), "end"]:
            word = lang.words.symbol(entry.word)
            yield DataError(folder / "lexiconp.txt", f"the phones of {word} do not begin and end a word, by word_boundary.int", line)


def _texts(lang: Lang, folder: Path) -> Iterator[DataError]:
    """The .txt and .csl files say the same as the .int files."""
    for name in LISTS:
        stem = folder / "phones" / name
        if name != "word_boundary" or lang.word_boundary:
            yield from _differences(stem.with_suffix(".txt"), stem.with_suffix(".int"), lang.phones)
    yield from _differences(folder / "oov.txt", folder / "oov.int", lang.words)
    for name in LISTS[:5]:
        path = folder / f"phones/{name}.csl"
        numbers = ":".join(fields[0] for _, fields in read_rows(path.with_suffix(".int")))
        if [[numbers]] != [fields for _, fields in read_rows(path)]:
            yield DataError(path, f"does not say the same as {name}.int", 1)


def _differences(text_path: Path, number_path: Path, table: SymbolTable) -> Iterator[DataError]:
    texts, numbers = (dict(read_rows(path, may_be_empty=True)) for path in (text_path, number_path))
    for line in range(1, max(len(texts), len(numbers)) + 1):
        symbols = [field if field in _FLAGS else _number(table, field) for field in texts.get(line, [])]
        if symbols != numbers.get(line, []):
            yield DataError(text_path, f"does not say the same as {number_path.name}", line)


def _number(table: SymbolTable, symbol: str) -> str | None:
    return str(table[symbol]) if symbol in table else None


def _align_lexicon(lang: Lang, folder: Path) -> Iterator[DataError]:
    """align_lexicon.int has the lexicon's pronunciations and silence as the word <eps>."""
    path = folder / "phones/align_lexicon.int"
    wanted = Counter([("0", "0", str(lang.optional_silence))])
    wanted.update((str(word), str(word), *map(str, phones)) for word, _, phones in lang.pronunciations)
    for line, fields in read_rows(path):
        if not wanted[tuple(fields)]:
            yield DataError(path, f"'{' '.join(fields)}' is not in lexiconp.txt, or is there once only", line)
        wanted[tuple(fields)] -= 1
    for fields in (wanted := +wanted):
        yield DataError(path, f"lacks '{' '.join(fields)}' of lexiconp.txt")


def _flat(rows: Iterable[list[int]]) -> Iterator[tuple[int, int]]:
    """(line, number) of every number."""
    return ((line, number) for line, row in enumerate(rows, 1) for number in row)
