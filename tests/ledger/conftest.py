"""The recipe of the ledger's tests, fresh and after a run from end to end."""

import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from ledger_recipe import Recipe, stages


@pytest.fixture
def fresh(tmp_path) -> Recipe:
    return Recipe(tmp_path / "my récipe")


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Recipe:
    """A recipe that has run from end to end, to copy."""
    recipe = Recipe(tmp_path_factory.mktemp("finished") / "my récipe")
    result = recipe.run()
    assert result.returncode == 0 and result.stderr == "", result.stderr
    assert stages(result) == [0, 1, 2, 3, 4]
    return recipe


@pytest.fixture
def recipe(finished, fresh) -> Recipe:
    """A recipe that has run from end to end."""
    shutil.copytree(finished.folder, fresh.folder, dirs_exist_ok=True)
    return fresh
