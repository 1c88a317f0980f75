"""Where the tests of this folder find worlds.py."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
