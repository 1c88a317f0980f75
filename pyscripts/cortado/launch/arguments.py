"""Kaldi's call syntax: options, a range and again options, a log, and a command that is kept as it is."""

import re
import shlex

from cortado.launch.job import Job
from cortado.launch.message import PROGRAM, LaunchError

COUNT = r"[1-9][0-9]*"
OPTIONS = {
    "max-jobs-run": (COUNT, "a whole number above 0"),
    "num-threads": (COUNT, "a whole number above 0"),
    "gpu": (r"[0-9]+", "a whole number"),
    "nodes": (COUNT, "a whole number above 0"),
    "ntasks": (COUNT, "a whole number above 0"),
    "mem": (r"[0-9]+(\.[0-9]+)?[KMGT]?", "a number of megabytes or a size such as 4G"),
    "time": (r"([0-9]+-)?[0-9]+(:[0-9]+){0,2}", "minutes or a time such as 10:00:00 or 2-00:00:00"),
    "config": (r"[^-].*", "a file"),
    "input": (r"[^-].*", "a file"),
    "output": (r"[^-].*", "a file"),
    "sbatch": (r".*", "arguments of sbatch"),
}
REPEATED = {"input": "inputs", "output": "outputs", "sbatch": "sbatch"}  # option -> attribute of Job
NUMBERS = ("num_threads", "gpu", "nodes", "ntasks")


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
    if job.ntasks % job.nodes:
        raise _wrong(f"--ntasks {job.ntasks} is no multiple of --nodes {job.nodes}")
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
    typed: dict = {name.replace("-", "_"): values[-1] for name, values in options.items() if name not in REPEATED}
    typed.update({name: int(typed[name]) for name in NUMBERS if name in typed})
    typed.update({attribute: tuple(options.get(name, ())) for name, attribute in REPEATED.items()})
    if "max-jobs-run" in options:
        typed["max_jobs_run"] = min(map(int, options["max-jobs-run"]))
    try:
        typed["sbatch"] = tuple(word for text in typed["sbatch"] for word in shlex.split(text))
    except ValueError as error:
        raise _wrong(f"--sbatch {' '.join(typed['sbatch'])}: {error}") from error
    return typed
