"""Where the tests of this folder find toy_recogniser.py."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
