"""Sorting the files of a data directory."""

from pathlib import Path

from cortado.datadir.datadir import DataDir
from cortado.datadir.folder import place_tables, staging_folder
from cortado.datadir.layout import tables_in
from cortado.datadir.lines import read_lines, scan_lines
from cortado.datadir.table import parse_table, read_bytes
from cortado.datadir.trials import read_trials, write_trials


def sort(path: str | Path) -> None:
    """Bring every file of `path` into C-locale order. Raises DataError for a malformed one before any is changed."""
    folder = DataDir(path).path
    with staging_folder(folder.absolute() / "sorted") as staging:
        for name in tables_in(folder):
            if content := _in_order(folder / name):
                (staging / name).write_bytes(content)
        if (folder / "trials").is_file():
            write_trials(folder / "trials", read_trials(folder / "trials"))
        if any(staging.iterdir()):
            place_tables(staging, folder, removed=[])


def _in_order(path: Path) -> bytes | None:
    """The content of a table in order; None where it is in order already, even if its lines have another form than ours."""
    lines = scan_lines(read_bytes(path))
    if lines.is_plain.all():
        ordered = lines.sorted()
        if ordered.is_sorted:
            return None if ordered is lines else ordered.content
    else:
        table = parse_table(path)
        if not table.problems and table.first_unsorted is None:
            return None
    return read_lines(path).content  # or a DataError that names the bad line
