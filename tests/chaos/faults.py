#!/usr/bin/env python3
"""Full disks, a read-only exp and truncated arks under egs/mini/sv: what it says, and whether it recovers.

    tests/chaos/faults.py [--table faults.md]

The recipe runs on a small tmpfs in a mount namespace of its own (root only), so nothing outside can fill up. For each fault: run,
take the fault away, run again, compare with a run that was left alone. A truncated ark needs no help: it is made again.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from tiny_recipe import TinyRecipe, differences

INSIDE = "CORTADO_FAULTS_NAMESPACE"
STATES = {"features": 1, "embeddings": 3}  # what faults begin from, and the last stage that has then been run
HEADER = "| fault | run.sh ended with | it said | run again |\n|---|---|---|---|"


@dataclass
class Outcome:
    """One fault: how the run that met it ended, the line that says why, and what the next run left."""

    fault: str
    first_status: int
    said: str
    status: int
    differences: list[str]
    whole: str  # all that the first run said

    @property
    def survived(self) -> bool:
        return bool(self.said) and self.status == 0 and not self.differences

    def row(self) -> str:
        again = "same bytes" if self.status == 0 and not self.differences else f"status {self.status}, {len(self.differences)} files differ"
        return f"| {self.fault} | {self.first_status} | {self.said} | {again} |"


def mount(*options: str) -> None:
    subprocess.run(["mount", *options], check=True)


class FaultyDisk:
    """A recipe whose data/ and exp/ lie on a tmpfs of any size, and what it makes, by and by, when nothing is wrong."""

    def __init__(self, top: Path):
        self.recipe = TinyRecipe(top)
        self.disk = self.recipe.folder / "disk"
        self.disk.mkdir()
        mount("-t", "tmpfs", "-o", "size=1g", "tmpfs", str(self.disk))
        self.states = top / "states"
        self.empty()
        for name, last_stage in STATES.items():
            self.run_undisturbed("--stop-stage", str(last_stage))
            shutil.copytree(self.disk, self.states / name, symlinks=True)
        self.run_undisturbed()
        self.expected = self.recipe.products()
        self.used = shutil.disk_usage(self.disk).used

    def run_undisturbed(self, *options: str) -> None:
        if self.recipe.run(*options) != 0:
            raise RuntimeError(f"the undisturbed run failed:\n{self.recipe.said}")

    def empty(self) -> None:
        """Empty folders on the disk, behind links."""
        for name in ("data", "exp"):
            shutil.rmtree(self.disk / name, ignore_errors=True)
            (self.disk / name).mkdir()
            link = self.recipe.folder / name
            link.unlink(missing_ok=True)
            link.symlink_to(self.disk / name)

    def restore(self, state: str) -> None:
        """What the undisturbed run had made when it came to this state."""
        self.empty()
        shutil.copytree(self.states / state, self.disk, symlinks=True, dirs_exist_ok=True)

    def resize(self, num_bytes: int) -> None:
        mount("-o", f"remount,size={num_bytes}", str(self.disk))

    def outcome(self, fault: str, reason: str, mend: Callable[[], None]) -> Outcome:
        """Run, which must say `reason`; mend what has made it fail, if it has; run again and compare."""
        first_status, whole = self.recipe.run(), self.recipe.said
        said = next((line for line in whole.splitlines() if reason in line), "")
        mend()
        status = self.recipe.run()
        return Outcome(
            fault,
            first_status,
            said.replace(str(self.recipe.folder), "."),
            status,
            differences(self.expected, self.recipe.products()),
            whole,
        )


def full_disk(disk: FaultyDisk, fraction: float) -> Outcome:
    disk.empty()
    disk.resize(int(fraction * disk.used))
    return disk.outcome(f"disk full at {fraction:.0%} of what the recipe writes", "No space left", lambda: disk.resize(2**30))


def read_only(disk: FaultyDisk) -> Outcome:
    disk.restore("features")
    exp = str(disk.disk / "exp")
    mount("--bind", exp, exp)
    mount("-o", "remount,ro,bind", exp)
    return disk.outcome("exp/ read-only from stage 2 on", "Read-only file system", lambda: subprocess.run(["umount", exp], check=True))


def truncated_ark(disk: FaultyDisk, name: str, state: str) -> Outcome:
    """The ark loses its second half after the stage that made it: run.sh goes back to that stage by itself."""
    disk.restore(state)
    ark = disk.recipe.folder / name
    os.truncate(ark, ark.stat().st_size // 2)
    stage = STATES[state]
    return disk.outcome(f"{name} cut in half before stage {stage + 1}", f"continuing at stage {stage}: {name}", lambda: None)


def outcomes(top: Path, fractions: tuple[float, ...]) -> Iterator[Outcome]:
    disk = FaultyDisk(top)
    for fraction in fractions:
        yield full_disk(disk, fraction)
    yield read_only(disk)
    yield truncated_ark(disk, "data/train/data/raw_fbank_train.1of2.ark", "features")
    yield truncated_ark(disk, "exp/resnet/test/embeddings.1of2.ark", "embeddings")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fractions", type=float, nargs="+", default=[0.05, 0.2, 0.4, 0.6, 0.8, 0.95], help="sizes of the full disk")
    parser.add_argument("--table", type=Path, help="write the outcomes here too, as a Markdown table")
    args = parser.parse_args()
    if INSIDE not in os.environ:
        os.environ[INSIDE] = "yes"
        os.execvp("unshare", ["unshare", "--mount", sys.executable, *sys.argv])
    rows, failed = [], False
    print(HEADER, flush=True)
    with tempfile.TemporaryDirectory(prefix="faults ") as top:
        for outcome in outcomes(Path(top), tuple(args.fractions)):
            rows.append(outcome.row())
            print(rows[-1], flush=True)
            if not outcome.survived:
                failed = True
                print(*outcome.differences, outcome.whole, sep="\n", file=sys.stderr)
        subprocess.run(["umount", str(Path(top) / "egs/mini/sv/disk")], check=False)
    if args.table:
        args.table.write_text("\n".join([HEADER, *rows]) + "\n")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
