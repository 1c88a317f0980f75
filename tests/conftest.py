"""What tests of several rooms share."""

import os
import resource
from contextlib import contextmanager
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


@pytest.fixture
def disk_full_after():
    """`with disk_full_after(1000): ...`: no file may grow beyond 1000 bytes, which a program meets as it meets a full disk."""

    @contextmanager
    def limit_files(num_bytes: int):
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (num_bytes, before[1]))  # Python ignores the signal: the write fails
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    return limit_files
