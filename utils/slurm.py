#!/usr/bin/env python3
"""Run the members of a job on a Slurm cluster, with Kaldi's call: utils/slurm.py JOB=1:4 exp/log/x.JOB.log echo JOB. See --help."""

import signal
import sys
from pathlib import Path

signal.signal(signal.SIGINT, signal.SIG_DFL)  # no traceback for a Ctrl-C that comes before there is anything to stop

# In place of the directory of this script: nothing in utils/ may be taken for a module of the standard library.
sys.path[0] = str(Path(__file__).resolve().parent.parent / "pyscripts")

if __name__ == "__main__":
    if sys.argv[1:2] == ["--member"]:  # as a node of the cluster calls it
        from cortado.launch.slurm_member import main as run_member

        sys.exit(run_member(*sys.argv[2:]))
    if sys.argv[1:2] == ["--rank"]:  # as srun calls it
        from cortado.launch.ranks import run_rank

        sys.exit(run_rank(*sys.argv[2:]))
    from cortado.launch.driver import main
    from cortado.launch.slurm import Slurm

    sys.exit(main(Slurm()))
