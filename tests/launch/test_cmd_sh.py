"""cmd.sh: one variable chooses the launcher of all kinds of work."""

import os
import subprocess
from pathlib import Path

UTILS = Path(__file__).resolve().parents[2] / "utils"


def test_back_ends_that_the_user_may_choose():
    source = f'. "{UTILS.parent}/cmd.sh" && echo $feats_cmd $train_cmd $cuda_cmd $decode_cmd $score_cmd'
    for choice, expected in (("", "run.py"), ("local", "run.py"), ("slurm", "slurm.py")):
        shown = subprocess.run(
            ["bash", "-c", source], env={"CORTADO_CMD": choice, "PATH": os.environ["PATH"]}, capture_output=True, text=True
        )
        assert set(shown.stdout.split()) == {expected}
    wrong = subprocess.run(["bash", "-c", source], env={"CORTADO_CMD": "pbs", "PATH": os.environ["PATH"]}, capture_output=True, text=True)
    assert wrong.returncode == 1
    assert wrong.stderr == "cmd.sh: CORTADO_CMD is local or slurm, not 'pbs'\n"
