"""A copy of egs/mini/sv in a tiny setting, run in a tree of its own, and what is found of it in the process table."""

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OPTIONS = (
    *("--train-speakers", "5", "--test-speakers", "3", "--sentences", "4", "--top-n", "5", "--num-draws", "20", "--num-threads", "1"),
    *("--back-ends", "asnorm"),
    *("--overrides", "training.epochs=6 training.batch_size=4 training.checkpoint_every=2 encoder.channels=[4,4,8]"),
)
# What tells of the run and not of its result: logs and done-files, seconds, what jobs are handed (with the date of each recording).
UNCOMPARED_FOLDERS = {"log", "q", ".stages", "tensorboard", "split2utt"}
UNCOMPARED_FILES = {"checkpoint.pt", "info.json"}


class TinyRecipe:
    """The recipe below `top`. Its runs have `environment` added to ours: a launcher, a cluster."""

    def __init__(self, top: Path):
        self.folder = top / "egs/mini/sv"
        self.environment: dict[str, str] = {}
        for name in ("steps", "utils", "local", "path.sh", "cmd.sh"):
            (top / name).symlink_to(ROOT / name)
        made = shutil.ignore_patterns("data", "exp", "RESULTS.md")
        shutil.copytree(ROOT / "egs/mini/sv", self.folder, symlinks=True, ignore=made)

    def start(self, *options: str) -> subprocess.Popen:
        """Start run.sh in a session of its own, what it says going to run.txt."""
        with open(self.folder / "run.txt", "wb") as said:
            command = ["bash", str(self.folder / "run.sh"), *OPTIONS, *options]
            environment = {**os.environ, **self.environment}
            return subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT, env=environment, start_new_session=True)

    def run(self, *options: str) -> int:
        """Run it to its end; the exit status."""
        return self.start(*options).wait(timeout=1800)

    @property
    def said(self) -> str:
        """What the last run said."""
        return (self.folder / "run.txt").read_text(errors="replace")

    def clear(self) -> None:
        for name in ("data", "exp"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
        (self.folder / "RESULTS.md").unlink(missing_ok=True)

    def products(self) -> dict[str, str]:
        """File -> MD5 of everything that data/ and exp/ hold, forgotten temporary files too; without what differs from run to run."""
        paths = [path for name in ("data", "exp") for path in (self.folder / name).rglob("*") if path.is_file()]
        names = {str(path.relative_to(self.folder)): path for path in paths}
        return {name: _md5(path) for name, path in sorted(names.items()) if not _is_uncompared(Path(name))}


def _is_uncompared(name: Path) -> bool:
    return bool(UNCOMPARED_FOLDERS.intersection(name.parts)) or name.name in UNCOMPARED_FILES


def _md5(path: Path) -> str:
    content = path.read_bytes()
    if path.name == "result.json":
        facts = {"facts", "version", "command"}  # seconds of the training; commit; nothing of the result
        content = json.dumps({key: value for key, value in json.loads(content).items() if key not in facts}).encode()
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def differences(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """One line for each file that only one of two runs made or that differs."""
    only = [
        f"only in the {name} run: {path}"
        for name, a, b in (("first", before, after), ("second", after, before))
        for path in a
        if path not in b
    ]
    return only + [f"differs: {path}" for path in before if path in after and before[path] != after[path]]
