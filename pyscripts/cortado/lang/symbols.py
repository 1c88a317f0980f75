"""Symbol tables, OpenFst's words.txt and phones.txt: a symbol, a blank and a number on each line."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from cortado.errors import DataError
from cortado.lang.rows import read_rows, write_rows

EPSILON = "<eps>"


class SymbolTable:
    """Symbols (words or phones) and their numbers, one to one; 0 is <eps>. `path` is for messages alone."""

    def __init__(self, symbols: Iterable[str], path: str | Path = "symbol table"):
        """<eps> is 0, and `symbols` are numbered from 1 in their order. Raises DataError for one that is there twice."""
        self.path = path
        self._ids: dict[str, int] = {}
        self._symbols: dict[int, str] = {}
        for number, symbol in enumerate([EPSILON, *symbols]):
            self._add(symbol, number)

    @classmethod
    def read(cls, path: str | Path) -> "SymbolTable":
        """Numbers may leave gaps. Raises DataError with the line: another form, a symbol or number given twice; or that <eps> is not 0."""
        table = cls((), path)
        table._ids, table._symbols = {}, {}
        for line, fields in read_rows(path):
            if len(fields) != 2 or not (fields[1].isascii() and fields[1].isdigit()):
                raise DataError(path, f"expected a symbol and its number, found '{' '.join(fields)}'", line)
            table._add(fields[0], int(fields[1]), line)
        if table._ids.get(EPSILON) != 0:
            raise DataError(path, f"{EPSILON} must be there and be 0")
        return table

    def write(self, path: str | Path) -> None:
        """One line for each symbol, in the order of the table."""
        write_rows(path, self)

    def __getitem__(self, symbol: str) -> int:
        """The number of a symbol. Raises DataError naming one that is not in the table."""
        try:
            return self._ids[symbol]
        except KeyError:
            raise DataError(self.path, f"has no symbol {symbol}") from None

    def symbol(self, number: int) -> str:
        """The symbol of a number. Raises DataError for a number that is not in the table."""
        try:
            return self._symbols[number]
        except KeyError:
            raise DataError(self.path, f"has no symbol with the number {number}") from None

    def __contains__(self, symbol: str) -> bool:
        return symbol in self._ids

    def has_number(self, number: int) -> bool:
        return number in self._symbols

    def __len__(self) -> int:
        return len(self._ids)

    def __iter__(self) -> Iterator[tuple[str, int]]:
        return iter(self._ids.items())

    def _add(self, symbol: str, number: int, line: int | None = None) -> None:
        if symbol in self._ids:
            raise DataError(self.path, f"symbol {symbol} is given twice", line)
        if number in self._symbols:
            raise DataError(self.path, f"number {number} is given twice, to {self._symbols[number]} and {symbol}", line)
        self._ids[symbol] = number
        self._symbols[number] = symbol
