"""Tables: scps and their faults, read specifiers, gzip files, commands that fail, scps put together."""

import gzip
import re
import shlex
import subprocess
import sys

import kaldiio
import numpy as np
import pytest

from cortado import ark
from cortado.errors import CortadoError, DataError


def assert_tables_equal(found: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> None:
    assert list(found) == list(expected)
    for key, array in expected.items():
        np.testing.assert_array_equal(found[key], array, err_msg=key)
        assert found[key].dtype == array.dtype


@pytest.fixture
def gz(kaldiio_ark, tmp_path):
    path = tmp_path / "ali.1.gz"
    path.write_bytes(gzip.compress(kaldiio_ark.read_bytes()))
    return path


def test_every_way_to_name_a_table_gives_the_same(kaldiio_ark, as_kaldiio_reads, gz, tmp_path):
    scp = tmp_path / "x.scp"
    scp.write_text("".join(f"{entry.key} {kaldiio_ark}:{entry.offset}\n" for entry in ark.scan(kaldiio_ark)))
    quoted = shlex.quote(str(gz))
    for name in (
        kaldiio_ark,
        f"ark:{kaldiio_ark}",
        scp,
        f"scp:{scp}",
        f"scp:cat {scp} |",
        gz,
        f"ark:{gz}",
        f"ark:gunzip -c {quoted}|",
        f"ark,s,cs:{scp.with_name('ali.1.gz')}",
    ):
        assert_tables_equal(dict(ark.open_table(name)), as_kaldiio_reads)


def test_standard_input_is_read_as_it_comes(kaldiio_ark, as_kaldiio_reads):
    code = "import sys; from cortado import ark; print([(k, a.shape) for k, a in ark.open_table('ark:-')])"
    run = subprocess.run([sys.executable, "-c", code], stdin=kaldiio_ark.open("rb"), capture_output=True, text=True, check=True)
    assert run.stdout.strip() == str([(key, array.shape) for key, array in as_kaldiio_reads.items()])


def test_scan_finds_what_reading_finds(kaldiio_ark, as_kaldiio_reads, gz):
    entries = list(ark.scan(kaldiio_ark))
    assert [entry.key for entry in entries] == list(as_kaldiio_reads)
    assert [entry.kind for entry in entries] == ["FM", "DM", "FV", "DV", "IV", "CM", "CM2", "CM3", "NPY", "NPY"]
    for entry, array in zip(entries, as_kaldiio_reads.values(), strict=True):
        assert (entry.shape, entry.dtype) == (array.shape, array.dtype)
    assert list(ark.scan(gz)) == entries


def test_a_matrix_larger_than_any_buffer_comes_whole_through_a_pipe(tmp_path):
    matrix = np.random.default_rng(0).normal(size=(70000, 40))  # 22 MB: above the piece that is claimed at once
    with ark.ArkWriter(tmp_path / "x.ark") as writer:
        writer.write("a", matrix)
        writer.write("b", matrix[:3])
    table = dict(ark.open_table(f"ark:cat {tmp_path}/x.ark |"))
    np.testing.assert_array_equal(table["a"], matrix)
    np.testing.assert_array_equal(table["b"], matrix[:3])
    assert [entry.offset for entry in ark.scan(f"cat {tmp_path}/x.ark |")] == [2, 22400019]


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("gunzip -c nowhere.gz |", r"status 1: .*nowhere\.gz"),
        ("gunzip -c nowhere.gz | cat |", r"status 1: .*nowhere\.gz"),
        ("printf 'k 1 2 \\n'; echo cause >&2; exit 7 |", "status 7: cause"),
        ("printf 'k  [ 1.0'; echo cause >&2; exit 7 |", "status 7: cause"),  # not: the object is cut
        ("no_such_command_here |", "status 127"),
    ],
)
def test_a_failing_command_is_an_error_with_its_status_and_its_words_never_a_shorter_table(command, reason):
    with pytest.raises(DataError, match=reason):
        list(ark.open_table(f"ark:{command}"))


def test_a_command_may_be_left_before_its_end_and_may_end_its_own_source_early(capfd):
    table = ark.open_table("ark:yes 'k 1 2' |")
    assert next(table)[1].tolist() == [1, 2]
    table.close()
    assert len(list(ark.open_table("ark:seq 1 1000000 | sed 's/$/ 5/' | head -n 3 |"))) == 3
    list(ark.open_table("ark:echo noticed >&2 |"))
    assert capfd.readouterr().err == "noticed\n"


def test_damaged_gzip_files_are_errors(gz, tmp_path):
    whole = gz.read_bytes()
    for name, data in {"empty": b"", "cut": whole[:-12], "plain": b"k 1 2 \n", "crc": whole[:-8] + b"12345678"}.items():
        path = tmp_path / f"{name}.gz"
        path.write_bytes(data)
        with pytest.raises(DataError, match=rf"{name}\.gz: byte"):
            list(ark.open_table(str(path)))


def test_an_empty_ark_and_an_empty_scp_are_empty_tables(tmp_path):
    for name in ("x.ark", "x.scp"):
        (tmp_path / name).touch()
        assert list(ark.open_table(f"{tmp_path}/{name}")) == []


def test_scp_lines_keep_spaces_in_paths_unicode_in_keys_and_the_order_of_the_file(tmp_path):
    path = tmp_path / "x.scp"
    path.write_text("ü-2 /data/with two  spaces.ark:12\na\tb.ark:7[0:3]\nk\u3000k d\u3000\x85.ark:1\nz gunzip -c x.gz |\n")
    scp = ark.read_scp(path)
    assert list(scp.items()) == [
        ("ü-2", "/data/with two  spaces.ark:12"),
        ("a", "b.ark:7[0:3]"),
        ("k\u3000k", "d\u3000\x85.ark:1"),
        ("z", "gunzip -c x.gz |"),
    ]


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        (b"a x:1\n\nb x:2\n", 2, "expected 'key path:offset', found ''"),
        (b"a x:1\nb\n", 2, "found 'b'"),
        (b"a x:1\n b x:2\n", 2, "found ' b x:2'"),
        (b"a x:1\nb x:2\na x:3\n", 3, "key a is here for the second time"),
        (b"a x:1\r\nb x:2\r\n", 1, "carriage return"),
        (b"a x:1\nb\xff x:2\n", 2, "not UTF-8"),
    ],
)
def test_a_faulty_scp_names_file_and_line(tmp_path, content, line, reason):
    path = tmp_path / "x.scp"
    path.write_bytes(content)
    with pytest.raises(DataError, match=re.escape(f"{path}:{line}: ") + ".*" + re.escape(reason)):
        ark.read_scp(path)


def test_what_fails_behind_an_scp_line_is_told_with_line_key_and_ark(tmp_path, kaldiio_ark):
    (tmp_path / "x.scp").write_text(f"FM {kaldiio_ark}:3\nutt-2 {tmp_path}/gone.ark:8\n")
    with pytest.raises(DataError, match=rf"x\.scp:2: utt-2: {tmp_path}/gone\.ark: no such file"):
        list(ark.open_table(f"{tmp_path}/x.scp"))


@pytest.mark.parametrize("name", ["feats", "ark,p:x.ark", "ark,scp:a,b", "", "ark:", "feats.txt"])
def test_a_read_specifier_that_is_none_is_refused(name):
    with pytest.raises(CortadoError, match=r"write ark:|is not supported"):
        ark.open_table(name)


def test_merged_scps_are_sorted_as_the_c_locale_sorts_and_a_key_in_two_names_both(tmp_path):
    (tmp_path / "1.scp").write_text("b x:1\nB x:2\na-1 x:3\n")
    (tmp_path / "2.scp").write_text("a x:4\nä x:5\n𝄞 x:6\n\uffee x:7\n", encoding="utf-8")
    ark.merge_scps([tmp_path / "1.scp", tmp_path / "2.scp"], tmp_path / "all.scp")
    merged = (tmp_path / "all.scp").read_bytes()
    assert (
        merged
        == subprocess.run(["sort", tmp_path / "1.scp", tmp_path / "2.scp"], env={"LC_ALL": "C"}, capture_output=True, check=True).stdout
    )
    (tmp_path / "3.scp").write_text("b x:9\n")
    with pytest.raises(DataError, match=r"3\.scp: key b is in .*1\.scp already"):
        ark.merge_scps([tmp_path / "1.scp", tmp_path / "3.scp"], tmp_path / "all.scp")
    assert (tmp_path / "all.scp").read_bytes() == merged


def test_kaldiio_reads_our_scps(tmp_path, every_kind):
    with ark.ArkWriter(tmp_path / "x y.ark", tmp_path / "x.scp") as writer:
        writer.write("ü", every_kind["FM"])
        writer.write("b", every_kind["IV"])
    assert_tables_equal(dict(kaldiio.load_scp(str(tmp_path / "x.scp"))), {"ü": every_kind["FM"], "b": every_kind["IV"]})
