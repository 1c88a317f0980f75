"""A recipe in a tree of its own, so that a user's data and results are left alone, and what every recipe promises."""

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def copy_recipe(top: Path, name: str) -> Path:
    """egs/<name> below `top`, as if nobody had run it, beside links to what it stands on; the folder of its run.sh."""
    for link in ("steps", "utils", "local", "conf", "path.sh", "cmd.sh"):
        (top / link).symlink_to(ROOT / link)
    made = shutil.ignore_patterns("data", "exp", "RESULTS.md", "COMPARISON.md")
    return shutil.copytree(ROOT / "egs" / name, top / "egs" / name, symlinks=True, ignore=made)


def run(recipe: Path, *options: str | Path) -> subprocess.CompletedProcess:
    return subprocess.run(["bash", recipe / "run.sh", *options], capture_output=True, text=True, check=False)


def finish(recipe: Path, *options: str | Path) -> subprocess.CompletedProcess:
    """Run it to its end."""
    result = run(recipe, *options)
    assert result.returncode == 0, result.stdout + result.stderr
    return result


def find_nothing_to_do(recipe: Path, *options: str | Path) -> None:
    """A second run with the same options finds nothing to do."""
    result = run(recipe, *options)
    assert (result.returncode, result.stdout) == (0, "")
    assert result.stderr == "run.sh: all stages are finished and nothing has changed; --stage N runs from stage N again\n"


def only_show(recipe: Path, *options: str | Path) -> str:
    """What --dry-run prints. It makes nothing."""
    shown = finish(recipe, "--dry-run", *options).stdout
    assert not (recipe / "data").exists() and not (recipe / "exp").exists()
    return shown
