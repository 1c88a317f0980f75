#!/usr/bin/env python3
"""Run the members of a job on this machine, with Kaldi's call: utils/run.py JOB=1:4 exp/log/x.JOB.log echo JOB. See --help."""

import signal
import sys
from pathlib import Path

signal.signal(signal.SIGINT, signal.SIG_DFL)  # no traceback for a Ctrl-C that comes before there is anything to stop

# In place of the directory of this script: nothing in utils/ may be taken for a module of the standard library.
sys.path[0] = str(Path(__file__).resolve().parent.parent / "pyscripts")

from cortado.launch.driver import main  # noqa: E402
from cortado.launch.local import Local  # noqa: E402

if __name__ == "__main__":
    sys.exit(main(Local()))
