"""A command in the process of the test, as if in one of its own, which would spend more than a second on importing torch."""

import os
import runpy
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path


def run_in_process(program: Path, *arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess:
    """Run a Python `program` with these arguments in the folder `cwd` (default this one): its exit status and what it said.

    An exception that its own process would end with as a traceback is raised here.
    """
    argv, path, folder = sys.argv, list(sys.path), Path.cwd()
    words = [str(program), *map(str, arguments)]
    stdout, stderr = StringIO(), StringIO()
    sys.argv = words
    sys.path.insert(0, str(program.parent))
    os.chdir(cwd or folder)
    try:
        with redirect_stdout(stdout), redirect_stderr(stderr):
            runpy.run_path(str(program), run_name="__main__")
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
        if isinstance(end.code, str):
            stderr.write(f"{end.code}\n")
    finally:
        os.chdir(folder)
        sys.argv, sys.path[:] = argv, path
    return subprocess.CompletedProcess(words, status, stdout.getvalue(), stderr.getvalue())
