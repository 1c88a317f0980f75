"""What every command in pyscripts/bin shares: help from its docstring, one-line errors, progress."""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from cortado.errors import CortadoError


def make_parser(doc: str) -> argparse.ArgumentParser:
    """A parser whose --help is the command's own docstring (which ends with an example), then the options."""
    return argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)


def run(main: Callable[[], int | None]) -> None:
    """Call `main` and end the process: 0 when it returns None, 1 with one line on stderr for a CortadoError."""
    name = Path(sys.argv[0]).name
    try:
        sys.exit(main())
    except CortadoError as error:
        sys.exit(f"{name}: {error}")
    except BrokenPipeError:  # the reader of our output, `head` say, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except KeyboardInterrupt:
        print(f"{name}: interrupted", file=sys.stderr)
        sys.exit(130)


def progress(items: Iterable, total: int, what: str, every: float = 10.0) -> Iterator:
    """Yield `items` and say on stderr how far the work is: a bar on a terminal, a line each `every` seconds in a log."""
    if sys.stderr.isatty():
        from tqdm import tqdm

        yield from tqdm(items, total=total, unit=what, dynamic_ncols=True, leave=False)
        return
    start = last = time.monotonic()
    for done, item in enumerate(items, 1):
        yield item
        now = time.monotonic()
        if now - last >= every and done < total:
            last = now
            left = (now - start) / done * (total - done)
            print(f"{done} of {total} {what}, about {left:.0f} s left", file=sys.stderr, flush=True)
