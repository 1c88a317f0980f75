"""Tables as bytes give what reading them line by line gives, whatever stands in the lines."""

import random
import subprocess

import numpy as np
import pytest

from cortado.datadir import utt2spk_to_spk2utt
from cortado.datadir.lines import Names, encode, find, make_lines, merge_lines, read_lines, scan_lines, spk2utt_content
from cortado.datadir.table import parse_text, read_table
from cortado.errors import DataError

KEYS = ["a", "b", "a-1", "a1", "B", "é", "語", "a\tb", "", "\ufeffa", "k" * 255, "k" * 256, "ü" * 128]
BLANKS = [" ", "  ", "\t", "", " \t"]
VALUES = ["1", "x y", "x  y", "x\ty", "語 \u3000x", "", "1 ", "1\t", "1\r", "1\r2", "\0", "1 \ufeff", "caf\udce9"]


def random_content(draw: random.Random) -> bytes:
    lines = [draw.choice(KEYS) + draw.choice(BLANKS) + draw.choice(VALUES) for _ in range(draw.randint(1, 8))]
    end = draw.choice(["\n", "\n", ""])
    return ("\n".join(lines) + end).encode("utf-8", "surrogateescape")


def split_lines(content: bytes) -> list[bytes]:
    return (content if content.endswith(b"\n") else content + b"\n").split(b"\n")[:-1]


def is_plain(line: bytes) -> bool:
    """Whether parse_text, alone with this line, finds nothing to refuse and nothing to remove."""
    table = parse_text(line.decode("utf-8", "surrogateescape"))
    return not table.problems and [f"{key} {value}".encode() for key, value in table.rows.items()] == [line]


def test_plain_lines_are_those_that_parsing_leaves_as_they_are():
    draw = random.Random(0)
    seen = set()
    for _ in range(3000):
        content = random_content(draw)
        if content in (b"", b"\n"):
            continue
        lines, expected = scan_lines(content), split_lines(content)
        assert [lines[i] for i in range(len(lines))] == expected
        assert lines.is_plain.tolist() == [is_plain(line) for line in expected], content
        for i in np.flatnonzero(lines.is_plain):
            key, _, value = expected[i].partition(b" ")
            assert (lines.keys[i], lines.values[i], lines.value_list()[i], lines.value(i)) == (key, value, value, value.decode())
        seen.update(lines.is_plain.tolist())
    assert seen == {True, False}


def test_sorted_lines_are_those_of_sort_in_the_c_locale(tmp_path):
    draw = random.Random(1)
    keys = draw.sample([f"{a}{b}{c}" for a in "aBé語\U0001f600" for b in ("", "-", ".", "_", "1") for c in "zZ0"], 75)
    content = "".join(f"{key} {i}\n" for i, key in enumerate(keys)).encode()
    expected = subprocess.run(["sort", "-k1,1"], input=content, env={"LC_ALL": "C"}, capture_output=True, check=True).stdout
    lines = scan_lines(content)
    assert not lines.is_sorted and lines.sorted().is_sorted
    assert lines.sorted().content == expected == make_lines((key, str(i)) for i, key in enumerate(keys)).content
    (tmp_path / "t").write_bytes(content)
    assert read_lines(tmp_path / "t").content == expected


def test_lines_taken_are_those_asked_for_in_that_order():
    content = [f"key{i:02} {'v' * i}x".encode() for i in range(30)]
    lines = scan_lines(b"\n".join(content))
    draw = random.Random(2)
    for count in range(31):
        rows = draw.sample(range(30), count)
        taken = lines.take(np.array(rows, np.int64))
        assert split_lines(taken.content)[:count] == [content[row] for row in rows]
        assert taken.value_list() == [content[row].split()[1] for row in rows]
        assert taken.keys.tolist() == [content[row].split()[0] for row in rows]
        wanted = np.isin(np.arange(30), rows)
        assert lines.take(wanted).content == b"".join(line + b"\n" for line, take in zip(content, wanted, strict=True) if take)


def test_merged_lines_are_the_sorted_union_unless_a_key_has_two_values():
    draw = random.Random(3)
    outcomes = set()
    for _ in range(200):
        parts = [{f"k{draw.randrange(9)}": str(draw.randrange(2)) for _ in range(draw.randint(1, 4))} for _ in range(3)]
        merged = merge_lines([make_lines(part.items()) for part in parts])
        union = sorted({f"{key} {value}\n" for part in parts for key, value in part.items()})
        agree = len({line.split()[0] for line in union}) == len(union)
        assert merged.is_sorted == agree
        assert not agree or merged.content.decode() == "".join(union)
        outcomes.add(agree)
    assert outcomes == {True, False}


def test_names_are_found_where_they_are():
    draw = random.Random(4)
    for _ in range(200):
        known = sorted(draw.sample([f"{a}{b}" for a in "abcé" for b in ("", "x", "xyz")], draw.randint(0, 12)), key=str.encode)
        names = draw.choices([*known, "q", "", "zz" * 20], k=draw.randint(0, 15))
        expected = [known.index(name) if name in known else -1 for name in names]
        assert find(encode(names), encode(known)).tolist() == expected


def test_names_are_a_sequence_of_str():
    names = Names(encode(["a", "é", "語1"]))
    assert (list(names), len(names), names[1], names[-1], "é" in names) == (["a", "é", "語1"], 3, "é", "語1", True)


def test_read_lines_reads_what_read_table_reads_and_refuses_what_it_refuses(tmp_path):
    draw = random.Random(5)
    path, outcomes = tmp_path / "t", set()
    for _ in range(300):
        path.write_bytes(random_content(draw))
        try:
            expected = read_table(path)
        except DataError as error:
            with pytest.raises(DataError) as refused:
                read_lines(path)
            assert str(refused.value) == str(error)
            outcomes.add("refused")
            continue
        lines = read_lines(path)
        assert dict(lines.items()) == expected and lines.is_sorted
        outcomes.add("read")
    assert outcomes == {"refused", "read"}


def test_spk2utt_of_lines_is_that_of_dicts():
    utt2spk = {f"{spk}-{i}": spk for spk in ("b", "é", "a-b", "a") for i in (2, 0, 1)}
    lines = make_lines(utt2spk.items())
    expected = "".join(f"{spk} {' '.join(utts)}\n" for spk, utts in utt2spk_to_spk2utt(utt2spk).items())
    assert spk2utt_content(lines.keys, lines.values).decode() == expected
