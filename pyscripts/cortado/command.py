"""What every command in pyscripts/bin shares: help from its docstring, one-line errors, progress."""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NoReturn

from cortado.errors import CortadoError


class Parser(argparse.ArgumentParser):
    """argparse with Kaldi's manners: --a_b is --a-b, a value may begin with a dash, a wrong call is one line and status 1."""

    def parse_known_args(self, args=None, namespace=None):
        return super().parse_known_args(self._in_argparse_form(sys.argv[1:] if args is None else args), namespace)

    def error(self, message: str) -> NoReturn:
        self.exit(1, f"{self.prog}: {message} (see {self.prog} --help)\n")

    def _in_argparse_form(self, args: Sequence[str]) -> list[str]:
        """Options under the names they were added with; `--opt -x` as the one word `--opt=-x`, unless -x is itself an option."""
        words: list[str] = []
        wants_value = False  # the last word is an option that is still without its value
        for position, word in enumerate(args):
            if word == "--":
                return [*words, *args[position:]]
            option, equals, value = word.partition("=")
            known = self._known_option(option)
            if known:
                words.append(known + equals + value)
            elif wants_value and word.startswith("-"):
                words[-1] += f"={word}"
            else:
                words.append(word)
            wants_value = bool(known) and not equals and self._option_string_actions[known].nargs is None
        return words

    def _known_option(self, option: str) -> str | None:
        return next((name for name in (option, option.replace("_", "-")) if name in self._option_string_actions), None)


def make_parser(doc: str) -> Parser:
    """A parser whose --help is the command's own docstring (which ends with an example), then the options."""
    return Parser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)


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
