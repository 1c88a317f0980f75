"""What commands in pyscripts/bin share: help from the docstring, a job's share of the work, one-line errors, progress."""

import argparse
import os
import shlex
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NoReturn, TypeVar

from cortado.errors import ConfigError, CortadoError

Items = TypeVar("Items", bound=Sequence)


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


def add_job_options(parser: Parser) -> None:
    """--job and --num-jobs, which `share_of` looks at."""
    parser.add_argument("--job", type=int, default=1, help="which part of the work this is, from 1 (default 1)")
    parser.add_argument("--num-jobs", type=int, default=1, help="into how many parts the work is dealt (default 1)")


def share_of(items: Items, args: argparse.Namespace) -> Items:
    """Every --num-jobs'th of the items, the first being number --job. Raises ConfigError for a job that there is not."""
    if not 1 <= args.job <= args.num_jobs:
        raise ConfigError(f"--job {args.job} is not between 1 and --num-jobs {args.num_jobs}")
    return items[args.job - 1 :: args.num_jobs]


def command_line(*without: str) -> str:
    """How this command was called, as a line for the shell, its folder and the words `without` left out."""
    return shlex.join([Path(sys.argv[0]).name, *(word for word in sys.argv[1:] if word not in without)])


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
