#!/usr/bin/env python3
"""The ledger of a recipe's stages, as utils/stage.sh keeps it: which stage to begin at, and what each stage read and made.

    stage_ledger.py start   lock the recipe, print the stage to begin at ("none" when all is done) and say why on stderr
    stage_ledger.py begin   stage --number begins; the words that remain are its inputs
    stage_ledger.py end     stage --number has ended with --exit-status
    stage_ledger.py status  print the table

The records lie in exp/.stages of --folder; pyscripts/cortado/ledger tells what is in them.
"""

import argparse
import os
import signal
import sys
from pathlib import Path

signal.signal(signal.SIGINT, signal.SIG_DFL)  # no traceback for a Ctrl-C, which is the shell's to report

# In place of the directory of this script: nothing in utils/ may be taken for a module of the standard library.
sys.path[0] = str(Path(__file__).resolve().parent.parent / "pyscripts")

from cortado.errors import CortadoError  # noqa: E402
from cortado.ledger import lock, record, stale, status  # noqa: E402
from cortado.ledger.script import read_script  # noqa: E402


def main() -> None:
    args = parse()
    say = lambda text: print(f"{args.script.name}: {text}", file=sys.stderr, flush=True)
    sys.stdout.reconfigure(errors="backslashreplace")  # a file name may be no valid UTF-8
    try:
        os.chdir(args.folder)
        {"start": start, "begin": begin, "end": end, "status": show}[args.action](args, say)
    except CortadoError as error:
        say(str(error) if args.number is None else f"stage {args.number}: {error}")
        sys.exit(1)
    except OSError as error:  # from reading inputs and looking at folders
        say(f"{error.filename}: {error.strerror}")
        sys.exit(1)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    parser.add_argument("action", choices=["start", "begin", "end", "status"])
    parser.add_argument("--script", type=Path, required=True, help="the run.sh")
    parser.add_argument("--folder", type=Path, required=True, help="the recipe's")
    parser.add_argument("--pid", type=int, required=True, help="process id of the shell that runs it")
    parser.add_argument("--lock", type=int, metavar="FD", help="the lock file, open in that shell (start)")
    parser.add_argument("--stage", default="auto", help="auto or the stage to begin at (start)")
    parser.add_argument("--stop-stage", type=int, default=100, help="the last stage to look at (start, status)")
    parser.add_argument("--number", type=int, help="of the stage (begin, end)")
    parser.add_argument("--exit-status", type=int, help="of the stage (end)")
    parser.add_argument("--input", action="append", default=[], help="of the stage: a file, a folder or a pattern (begin)")
    parser.add_argument("--option", action="append", default=[], metavar="NAME=VALUE", help="of run.sh, as it is set")
    parser.add_argument("--word", action="append", default=[], help="of the call of run.sh")
    args = parser.parse_args()
    args.options = dict(option.split("=", 1) for option in args.option)
    return args


def start(args: argparse.Namespace, say) -> None:
    lock.take_lock(args.lock, args.pid, say)
    if args.stage != "auto":
        print(args.stage)
        return
    script, records = read_script(args.script), record.read_records()
    if not any(0 <= number <= args.stop_stage for number in script.stages):
        print(0)  # stage.sh finds no stage to run, and says so
        return
    first = stale.first_stale(script, args.options, records, args.stop_stage)
    if records:
        say(status.where_next(first))
    print("none" if first is None else first[0])


def begin(args: argparse.Namespace, _) -> None:
    record.begin(read_script(args.script), args.number, args.input, args.options, args.word, args.pid)


def end(args: argparse.Namespace, _) -> None:
    record.end(args.number, args.exit_status)


def show(args: argparse.Namespace, _) -> None:
    script, records = read_script(args.script), record.read_records()
    print(status.table(script, args.options, records))
    print("next: " + status.where_next(stale.first_stale(script, args.options, records, args.stop_stage)))


if __name__ == "__main__":
    main()
