"""The rooms of the library import downwards only, in the order of README's table."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = ROOT / "pyscripts" / "cortado"


def rooms() -> list[set[str]]:
    """The rows of the table from the bottom room up: those that a row names may import each other."""
    table = (ROOT / "README.md").read_text(encoding="utf-8").split("| room | holds |")[1].split("\n\n")[0]
    return [set(re.findall(r"`(\w+)`", line.split("|")[1])) for line in table.splitlines() if line.startswith("| `")]


def imported_rooms(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module == "cortado":
            names.update(f"cortado.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module)
    return {name.split(".")[1] for name in names if name.startswith("cortado.")}


def test_every_room_is_in_the_table():
    entries = {path.stem for path in LIBRARY.iterdir() if path.suffix == ".py" or path.is_dir()} - {"__init__", "__pycache__"}
    assert entries == set().union(*rooms())


@pytest.mark.parametrize("number", range(len(rooms())))
def test_a_room_imports_only_those_before_it(number):
    allowed = set().union(*rooms()[: number + 1])
    for room in rooms()[number]:
        for path in [LIBRARY / f"{room}.py", *(LIBRARY / room).rglob("*.py")]:
            if path.exists():
                assert imported_rooms(path) <= allowed, path
