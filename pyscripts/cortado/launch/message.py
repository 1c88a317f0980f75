"""What the launcher says to its user, always on stderr and under its command's own name."""

import sys
from pathlib import Path

PROGRAM = Path(sys.argv[0]).name


class LaunchError(Exception):
    """The call cannot be carried out. The message is for the user; `status` is the exit status: 255 for a wrong call, else 1."""

    def __init__(self, message: str, status: int = 1):
        super().__init__(message)
        self.status = status


def say(message: str) -> None:
    print(f"{PROGRAM}: {message}", file=sys.stderr, flush=True)
