"""Symbol tables against kaldifst's reading of the same file, and bad files."""

import kaldifst
import pytest

from cortado.errors import DataError
from cortado.lang import SymbolTable


def test_a_written_table_is_openfsts(tmp_path):
    table = SymbolTable(["SIL", "AH", "été", "#0"])
    table.write(tmp_path / "phones.txt")
    other = kaldifst.SymbolTable.read_text(str(tmp_path / "phones.txt"))
    assert {symbol: other.find(symbol) for symbol, _ in table} == dict(table)


def test_what_is_written_is_read(tmp_path):
    SymbolTable(["b", "a"]).write(tmp_path / "words.txt")
    table = SymbolTable.read(tmp_path / "words.txt")
    assert list(table) == [("<eps>", 0), ("b", 1), ("a", 2)]
    assert table["a"] == 2 and table.symbol(1) == "b" and "c" not in table and len(table) == 3


def test_numbers_may_leave_gaps(tmp_path):
    (tmp_path / "words.txt").write_text("<eps> 0\nx 7\n")
    table = SymbolTable.read(tmp_path / "words.txt")
    assert table["x"] == 7 and not table.has_number(3)


def test_an_unknown_symbol_or_number_is_named_with_the_file(tmp_path):
    (tmp_path / "words.txt").write_text("<eps> 0\n")
    table = SymbolTable.read(tmp_path / "words.txt")
    with pytest.raises(DataError, match=r"words.txt: has no symbol zebra"):
        table["zebra"]
    with pytest.raises(DataError, match=r"words.txt: has no symbol with the number 5"):
        table.symbol(5)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("<eps> 0\na 1\na 2\n", "words.txt:3: symbol a is given twice"),
        ("<eps> 0\na 1\nb 1\n", "words.txt:3: number 1 is given twice, to a and b"),
        ("<eps> 0\na\n", "words.txt:2: expected a symbol and its number"),
        ("<eps> 0\na -1\n", "words.txt:2: expected a symbol and its number"),
        ("<eps> 0\n\nb 1\n", "words.txt:2: is an empty line"),
        ("<eps> 0\r\n", "words.txt:1: ends in a carriage return"),
        ("a 1\n", "<eps> must be there and be 0"),
        ("", "is empty"),
    ],
)
def test_a_bad_table_is_refused_with_the_line(tmp_path, content, message):
    (tmp_path / "words.txt").write_bytes(content.encode())
    with pytest.raises(DataError, match=message):
        SymbolTable.read(tmp_path / "words.txt")
