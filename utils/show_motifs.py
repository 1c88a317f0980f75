#!/usr/bin/env python3
"""Show motifs: see `utils/show_motifs.py --help`. This starts pyscripts/bin/show_motifs.py in the environment of the repository."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = ROOT / ".venv/bin/python3"

if not PYTHON.exists():
    sys.exit("show_motifs.py: the Python environment is not made yet; make it with: . ./path.sh")
os.environ.update(PYTHONPATH=str(ROOT / "pyscripts"), PYTHONUTF8="1", PYTHONNOUSERSITE="1")
os.execv(PYTHON, [str(PYTHON), str(ROOT / "pyscripts/bin/show_motifs.py"), *sys.argv[1:]])
