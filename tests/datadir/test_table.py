"""Tables: what is read is what is there, sorted as `sort` sorts, and every malformed line is named."""

import subprocess

import pytest

from cortado.datadir.table import few, parse_table, read_list, read_table, write_table
from cortado.errors import DataError


def test_value_runs_to_the_end_of_the_line_with_outer_blanks_removed(tmp_path):
    (tmp_path / "t").write_text("a  sox x.wav -t wav - |  \nb\t1\t 2\t\nä 語 \u3000x\n", encoding="utf-8")
    assert read_table(tmp_path / "t") == {"a": "sox x.wav -t wav - |", "b": "1\t 2", "ä": "語 \u3000x"}


def test_missing_last_newline_loses_nothing(tmp_path):
    (tmp_path / "t").write_text("a 1\nb 2")
    assert read_table(tmp_path / "t") == {"a": "1", "b": "2"}


@pytest.mark.parametrize(
    "content, line, reason",
    [
        (b"", None, "is empty"),
        (b"\n", 1, "empty line"),
        (b"a 1\n\nb 2\n", 2, "empty line"),
        (b"a 1\nb\n", 2, "key b has no value"),
        (b"a 1\nb \t\n", 2, "key b has no value"),
        (b"a 1\nb 2\na 3\n", 3, "key a is given twice"),
        (b"a 1\r\nb 2\r\n", 1, "carriage return"),
        (b"a 1\nb caf\xe9\n", 2, "not UTF-8"),
        (b"a 1\ncaf\xe9 2\n", 2, "not UTF-8"),
        (b"a 1\n b 2\n", 2, "begins with a blank"),
        (b"\xef\xbb\xbfa 1\n", 1, "byte order mark"),
        (b"a 1\nb \0\0\n", 2, "holds a null byte"),
        (b"a 1\n" + b"k" * 256 + b" 2\n", 2, "holds a key of more than 255 bytes, kkkkkkkkkkkkkkkkkkkk"),
        ("ü".encode() * 128 + b" 2\n", 1, "holds a key of more than 255 bytes"),
    ],
)
def test_malformed_line_is_named_with_its_number(tmp_path, content, line, reason):
    (tmp_path / "t").write_bytes(content)
    with pytest.raises(DataError, match=reason) as error:
        read_table(tmp_path / "t")
    assert error.value.line == line and str(tmp_path / "t") in str(error.value)


def test_a_transcript_may_be_empty_where_that_is_asked_for_and_other_faults_are_still_named(tmp_path):
    (tmp_path / "t").write_text("a x y\nb\nc \t\n")
    assert read_table(tmp_path / "t", may_be_empty=True) == {"a": "x y", "b": "", "c": ""}
    (tmp_path / "t").write_text("a\na\n")
    with pytest.raises(DataError, match="key a is given twice"):
        read_table(tmp_path / "t", may_be_empty=True)


def test_longest_key_is_read_and_ascii_is_read_as_anything_else_is(tmp_path):
    lines = ["k" * 255 + " 1", "b x y", "a 2"]
    for extra in ([], ["é  1"]):
        (tmp_path / "t").write_text("\n".join([*lines, *extra]) + "\n", encoding="utf-8")
        rows = read_table(tmp_path / "t")
        assert list(rows.items())[:3] == [("k" * 255, "1"), ("b", "x y"), ("a", "2")]


def test_missing_file_is_a_data_error(tmp_path):
    with pytest.raises(DataError, match="No such file"):
        read_table(tmp_path / "none")


def test_all_bad_lines_are_collected_and_good_lines_keep_their_numbers(tmp_path):
    (tmp_path / "t").write_text("\nc 1\nb\nb 2\n\nd 3\n")
    table = parse_table(tmp_path / "t")
    assert [problem.line for problem in table.problems] == [1, 3, 5]
    assert list(table.numbered()) == [(2, "c", "1"), (4, "b", "2"), (6, "d", "3")]
    assert table.first_unsorted == 3


def test_written_order_is_that_of_sort_in_the_c_locale(tmp_path):
    keys = ["b", "B", "a-1", "a1", "a", "_", "é", "z", "語", "\U0001f600", "\uffee", "a.1", "a 1".replace(" ", "\u3000")]
    write_table(tmp_path / "t", dict.fromkeys(keys, "x"))
    sorted_by_sort = subprocess.run(["sort", "-k1,1", tmp_path / "t"], env={"LC_ALL": "C"}, capture_output=True, check=True).stdout
    assert (tmp_path / "t").read_bytes() == sorted_by_sort
    assert read_table(tmp_path / "t").keys() == set(keys)


def test_list_takes_first_fields_once_and_refuses_empty_lines(tmp_path):
    (tmp_path / "l").write_text("b\na 1\nb\n")
    assert read_list(tmp_path / "l") == ["b", "a"]
    (tmp_path / "l").write_text("b\n\na\n")
    with pytest.raises(DataError, match=r"l:2: is an empty line"):
        read_list(tmp_path / "l")


def test_few_names_the_first_and_counts_the_rest():
    assert few("abc", 3) == "a, b, c"
    assert few("abcde", 2) == "a, b and 3 more"
