"""What tests of several rooms share."""

import os
from pathlib import Path

import pytest

os.environ["OMP_NUM_THREADS"] = "1"  # before anyone imports torch: results and times then do not depend on the machine's cores

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def recipe_dir(tmp_path) -> Path:
    """An empty recipe folder with the links that every recipe has, outside the repository, in a path with a space."""
    folder = tmp_path / "my egs" / "toy" / "sv"
    folder.mkdir(parents=True)
    for name in ("steps", "utils", "local", "path.sh", "cmd.sh"):
        (folder / name).symlink_to(ROOT / name)
    return folder


@pytest.fixture(scope="session")
def librispeech() -> Path:
    """Real recordings, where the development data lies beside the repository; the test is skipped elsewhere."""
    path = ROOT.parent / "shared/data/librispeech"
    if not path.is_dir():
        pytest.skip(f"needs {path}")
    return path
