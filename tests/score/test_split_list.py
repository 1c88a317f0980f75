"""Lists cut into parts: the parts are the list, equally long, wherever blocks of reading end."""

import hashlib

import pytest

from cortado.errors import ConfigError, DataError
from cortado.score import split_list
from cortado.score.split_list import read_split, split_trials

LINES = [f"e{i} {'t' * (i % 9)} target\n" for i in range(101)]


@pytest.mark.parametrize("num_parts", [1, 2, 7, 100, 101])
@pytest.mark.parametrize("read_bytes", [1, 17, 64, 1 << 20])
@pytest.mark.parametrize("ending", ["\n", ""])
def test_parts_put_together_are_the_list(num_parts, read_bytes, ending, tmp_path, monkeypatch):
    monkeypatch.setattr(split_list, "READ_BYTES", read_bytes)
    content = ("".join(LINES).removesuffix("\n") + ending).encode()
    (tmp_path / "trials").write_bytes(content)
    split = split_trials(tmp_path / "trials", num_parts)
    texts = [content[part.start : part.stop] for part in split.parts]
    assert b"".join(texts) == content and split.num_trials == 101
    assert [len(text.splitlines()) for text in texts] == [part.num_trials for part in split.parts]
    assert {part.num_trials for part in split.parts} <= {101 // num_parts, 101 // num_parts + 1}
    assert [part.lines_before for part in split.parts] == [sum(p.num_trials for p in split.parts[:i]) for i in range(num_parts)]
    assert split.md5 == hashlib.md5(content).hexdigest()
    split.write(tmp_path / "split.json")
    assert read_split(tmp_path / "split.json") == split


@pytest.mark.parametrize("num_parts", [0, -1, 102])
def test_a_number_of_parts_that_the_list_cannot_have_is_refused(num_parts, tmp_path):
    (tmp_path / "trials").write_text("".join(LINES))
    with pytest.raises(ConfigError, match=f"trials has 101 lines, which make no {num_parts} parts"):
        split_trials(tmp_path / "trials", num_parts)


def test_empty_and_missing_lists_are_refused(tmp_path):
    (tmp_path / "empty").write_text("")
    with pytest.raises(DataError, match="empty: is empty"):
        split_trials(tmp_path / "empty", 1)
    with pytest.raises(DataError, match="none: cannot be read"):
        split_trials(tmp_path / "none", 1)


@pytest.mark.parametrize("content", ["", "{", "3"])
def test_what_is_no_split_is_named(content, tmp_path):
    (tmp_path / "x.json").write_text(content)
    with pytest.raises(DataError, match=r"x\.json: is no list of parts; split_trials\.py makes it"):
        read_split(tmp_path / "x.json")
