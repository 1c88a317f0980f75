"""Kaldi's call syntax: options, a range and again options, a log, and a command that is kept as it is."""

import re

from cortado.launch.job import Job
from cortado.launch.message import PROGRAM, LaunchError

HELP = f"""usage: {PROGRAM} [options] [JOB=1:4] [options] LOG COMMAND [ARGUMENT...]

Run COMMAND once for each JOB from 1 to 4, several at a time, each with its own log, and wait for all of them.
JOB (any name will do) is replaced by the number wherever it stands in LOG, in the arguments and in --input and --output,
inside words too. COMMAND is no shell text: arguments arrive as they are given, so write a pipe as
    {PROGRAM} JOB=1:4 exp/log/count.JOB.log bash -c 'set -o pipefail; zcat x.JOB.gz | sort -u > y.JOB'

Options, as --a b or --a=b:
  --max-jobs-run N   at most N members at a time; given twice, the smaller one holds
  --num-threads N    a member uses N threads: sets OMP_, MKL_ and OPENBLAS_NUM_THREADS (default: they stay as they are)
  --gpu N            a member needs N GPUs; it sees only those in CUDA_VISIBLE_DEVICES (default 0: it sees none)
  --input FILE       the command reads FILE: a member whose FILE has new contents runs again (may be repeated)
  --output FILE      the command makes FILE: a member whose FILE is missing runs again (may be repeated)
  --mem 4G, --time 10:00:00, --config FILE    for a cluster; on one machine they are checked for form and not enforced
On one machine as many members run at a time as --num-threads and --gpu let its CPUs and GPUs carry.

The same call again runs only the members that have not yet succeeded. A member has succeeded when it left a done-file with
code 0 (in q/, beside the log directory) from the same command, range, working directory and contents of its --input files,
and its log and its --output files are there. To run a member again, delete its log. Another range or command under the
same LOG forgets the earlier one, so q/ holds one folder for each LOG and one file for each member.
A second call for the same LOG waits until the first has ended.

All members run to the end, even after one failed. When COMMAND ends, what it left running has 5 seconds to end too.
Exit status: 0 all succeeded, 1 some failed, 255 wrong call, 128+n stopped by signal n (with everything it started)."""

COUNT = r"[1-9][0-9]*"
OPTIONS = {
    "max-jobs-run": (COUNT, "a whole number above 0"),
    "num-threads": (COUNT, "a whole number above 0"),
    "gpu": (r"[0-9]+", "a whole number"),
    "mem": (r"[0-9]+(\.[0-9]+)?[KMGT]?", "a number of megabytes or a size such as 4G"),
    "time": (r"([0-9]+-)?[0-9]+(:[0-9]+){0,2}", "minutes or a time such as 10:00:00 or 2-00:00:00"),
    "config": (r"[^-].*", "a file"),
    "input": (r"[^-].*", "a file"),
    "output": (r"[^-].*", "a file"),
}


def parse(argv: list[str]) -> Job:
    """The job that `argv` (without the program's name) asks for. Raises LaunchError, status 255, for a wrong call."""
    words = list(argv)
    options: dict[str, list[str]] = {}
    _take_options(words, options)
    members = _take_range(words)
    _take_options(words, options)
    if len(words) < 2:
        raise _wrong(f"a log and a command are needed, as in: {PROGRAM} JOB=1:4 exp/log/x.JOB.log echo JOB (see {PROGRAM} --help)")
    job = Job(log=words[0], command=tuple(words[1:]), **members, **_typed(options))
    if len(job.members) > 1 and job.variable not in job.log:
        raise LaunchError(
            f"you are trying to run a parallel job but you are putting the output into just one log file ({job.log}): "
            f"put {job.variable} into its name"
        )
    return job


def _wrong(message: str) -> LaunchError:
    return LaunchError(message, status=255)


def _take_options(words: list[str], options: dict[str, list[str]]) -> None:
    """Move the options that `words` begins with into `options`, values checked."""
    while words and words[0].startswith("-"):
        name, equals, value = words.pop(0).removeprefix("--").partition("=")
        if name not in OPTIONS:
            raise _wrong(f"unknown option {name if name.startswith('-') else '--' + name}; known are --" + ", --".join(OPTIONS))
        if not equals:
            if not words:
                raise _wrong(f"--{name} needs a value")
            value = words.pop(0)
        pattern, meaning = OPTIONS[name]
        if not re.fullmatch(pattern, value, re.DOTALL):
            raise _wrong(f"--{name} is {meaning}, not {value!r}")
        options.setdefault(name, []).append(value)


def _take_range(words: list[str]) -> dict:
    """Take JOB=1:4 or JOB=3 off the front of `words`; no range, no entries."""
    name = re.match(r"([A-Za-z_][A-Za-z0-9_]*)=", words[0]) if words else None
    if not name:
        return {}
    text = words.pop(0)
    numbers = re.fullmatch(r"([0-9]+)(?::([0-9]+))?", text[name.end() :])
    first, last = (int(numbers[1]), int(numbers[2] or numbers[1])) if numbers else (0, 0)
    if not 1 <= first <= last:
        raise _wrong(f"bad range {text}: write {name[1]}=1:4 or {name[1]}=3, counting from 1 (and ./{text} if it is the log)")
    return {"variable": name[1], "first": first, "last": last}


def _typed(options: dict[str, list[str]]) -> dict:
    """Keyword arguments of Job. The smallest --max-jobs-run holds, so that a bound set in cmd.sh stays a bound."""
    single = {name.replace("-", "_"): values[-1] for name, values in options.items() if name not in ("input", "output")}
    single.update({name: int(single[name]) for name in ("num_threads", "gpu") if name in single})
    if "max-jobs-run" in options:
        single["max_jobs_run"] = min(map(int, options["max-jobs-run"]))
    return {**single, "inputs": tuple(options.get("input", ())), "outputs": tuple(options.get("output", ()))}
