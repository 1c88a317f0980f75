"""Sorting the files of a data directory."""

from pathlib import Path

from cortado.datadir.datadir import DataDir
from cortado.datadir.layout import tables_in
from cortado.datadir.table import parse_table, read_table, write_table
from cortado.datadir.trials import read_trials, write_trials
from cortado.errors import DataError


def sort(path: str | Path) -> None:
    """Bring every file of `path` into C-locale order. Raises DataError for a malformed one before any is changed."""
    folder = DataDir(path).path
    unsorted = [name for name in tables_in(folder) if _is_unsorted(folder / name)]
    if (folder / "trials").is_file():
        write_trials(folder / "trials", read_trials(folder / "trials"))
    for name in unsorted:
        write_table(folder / name, read_table(folder / name))


def _is_unsorted(path: Path) -> bool:
    table = parse_table(path)
    if table.problems:
        raise DataError(path, table.problems[0].reason, table.problems[0].line)
    return table.first_unsorted is not None
