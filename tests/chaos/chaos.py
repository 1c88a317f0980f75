#!/usr/bin/env python3
"""Kill egs/mini/sv at random instants, run it again, and compare with a run that was left alone.

    tests/chaos/chaos.py --kills 20                                   # on this machine
    tests/chaos/chaos.py --kills 20 --launcher slurm --table t.md     # on a cluster of virtual nodes that it starts itself
    tests/chaos/chaos.py --kills 20 --launcher local slurm            # by turns; the run left alone is the first one's

Each time one process is killed with SIGKILL (run.sh, a step, the launcher, the wrapper of a member, its command, or everything
at once), at an instant drawn evenly from the time that the undisturbed run takes, and the same command is given again at
once. It must end with the same bytes in data/ and exp/, no file more and none less. The exit status is 1 if it ever does not.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from tiny_recipe import ROOT, TinyRecipe, differences
from victims import ROLES, kill

CLUSTER = ROOT / "tests/cluster/slurm_cluster.sh"
# What the recipe's folder gets as conf/slurm.conf: Slurm is asked often, and the virtual nodes give a job little memory by itself.
SLURM_CONF = "command sbatch\noption mem=* --mem=$0\ndefault mem=2G\noption num_threads=* --cpus-per-task=$0\ntiming poll=1 grace=2\n"


@dataclass
class Attempt:
    """One kill and what came of it; `first_status` is run.sh's own where it outlived the kill."""

    launcher: str
    role: str
    seconds: float
    stage: str
    first_status: int
    status: int
    differences: list[str]

    @property
    def survived(self) -> bool:
        return self.status == 0 and not self.differences

    def row(self) -> str:
        outcome = "same bytes" if self.survived else f"status {self.status}, {len(self.differences)} files differ"
        return f"| {self.launcher} | {self.role} | {self.seconds:.1f} | {self.stage} | {self.first_status} | {outcome} |"


HEADER = "| launcher | killed | at, s | in stage | run.sh ended with | run again |\n|---|---|---|---|---|---|"


def attempts(recipe: TinyRecipe, environments: dict[str, dict[str, str]], num_kills: int, seed: int) -> Iterator[Attempt]:
    """Run once undisturbed, by the first launcher; then kill and rerun `num_kills` times, by each launcher in turn.

    `environments` has what makes run.sh use each. Raises RuntimeError if the undisturbed run fails.
    """
    rng, launchers = random.Random(seed), list(environments)
    recipe.environment = environments[launchers[0]]
    started = time.monotonic()
    if recipe.run() != 0:
        raise RuntimeError(f"the undisturbed run failed:\n{recipe.said}")
    duration, expected = time.monotonic() - started, recipe.products()
    for number in range(num_kills):
        role, launcher = ROLES[number % len(ROLES)], launchers[number % len(launchers)]
        recipe.environment = environments[launcher]
        recipe.clear()
        seconds, stage, first_status = disturbed_run(recipe, role, rng, duration)
        status = recipe.run()
        yield Attempt(launcher, role, seconds, stage, first_status, status, differences(expected, recipe.products()))


def disturbed_run(recipe: TinyRecipe, role: str, rng: random.Random, duration: float) -> tuple[float, str, int]:
    """Start the recipe and kill a process of `role` at a random instant, or as soon after it as there is one.

    Returns the instant in seconds, the stage that run.sh was in, and run.sh's exit status. A run that is over before there was
    anything to kill is started again.
    """
    while True:
        instant = rng.uniform(0, duration)
        started = time.monotonic()
        process = recipe.start()
        time.sleep(instant)
        while process.poll() is None:
            if kill(recipe.folder, role):
                seconds = time.monotonic() - started
                return seconds, current_stage(recipe), process.wait(timeout=600)
            time.sleep(0.01)
        recipe.clear()


def current_stage(recipe: TinyRecipe) -> str:
    stages = [line.split(" stage ")[1].split(":")[0] for line in recipe.said.splitlines() if line.startswith("# 20") and " stage " in line]
    return stages[-1] if stages else "before the first"


@contextmanager
def surroundings(launcher: str, folder: Path) -> Iterator[dict[str, str]]:
    """The environment that makes run.sh use `launcher`. For slurm a cluster is up meanwhile, its state in `folder`."""
    environment = {"CORTADO_CMD": launcher}
    if launcher == "local":
        yield environment
        return
    environment["CLUSTER_DIR"] = str(folder)
    control = lambda action: subprocess.run(
        [CLUSTER, action], env={**os.environ, **environment}, capture_output=True, text=True, timeout=150
    )
    started = control("start")
    try:
        if started.returncode:
            raise RuntimeError(started.stderr)
        yield {**environment, "SLURM_CONF": started.stdout.strip().partition("SLURM_CONF=")[2]}
    finally:
        control("stop")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--launcher", choices=("local", "slurm"), nargs="+", default=["local"])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0, help="of the instants")
    parser.add_argument("--table", type=Path, help="write the attempts here too, as a Markdown table")
    args = parser.parse_args()
    rows, failed = [], False
    print(HEADER, flush=True)
    with (
        tempfile.TemporaryDirectory(prefix="chaos ") as top,
        tempfile.TemporaryDirectory(prefix="chaos-cluster-", ignore_cleanup_errors=True) as cluster,
        ExitStack() as stack,
    ):
        environments = {launcher: stack.enter_context(surroundings(launcher, Path(cluster))) for launcher in args.launcher}
        recipe = TinyRecipe(Path(top))
        (recipe.folder / "conf/slurm.conf").write_text(SLURM_CONF)
        for attempt in attempts(recipe, environments, args.kills, args.seed):
            rows.append(attempt.row())
            print(rows[-1], flush=True)
            if not attempt.survived:
                failed = True
                print(*attempt.differences, recipe.said, sep="\n", file=sys.stderr)
    if args.table:
        args.table.write_text("\n".join([HEADER, *rows]) + "\n")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
