"""conf/slurm.conf: how this launcher's options become options of the site's sbatch. Kaldi's format, so Kaldi's and ESPnet's files do."""

import math
import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path

from cortado.launch.job import Job
from cortado.launch.message import LaunchError

DEFAULT = Path(__file__).resolve().parents[3] / "conf/slurm.conf"
TIMING = {"poll": 20.0, "grace": 15.0}
WARNING_SECONDS = 120  # between SIGUSR1 and the end of a job's time: enough to save a checkpoint


@dataclass
class SlurmConf:
    """What a file says."""

    path: Path
    command: list[str] = field(default_factory=list)  # sbatch and options for every job
    options: dict[tuple[str, str], list[str]] = field(default_factory=dict)  # (name, value or *) -> words, $0 for the value
    defaults: dict[str, str] = field(default_factory=dict)
    timing: dict[str, float] = field(default_factory=lambda: dict(TIMING))  # seconds, see conf/slurm.conf


def conf_path(job: Job) -> Path:
    """--config, else conf/slurm.conf of the current folder, else that of the repository."""
    here = Path(job.cwd, job.config or "conf/slurm.conf")
    if job.config and not here.is_file():
        raise LaunchError(f"--config {job.config}: no such file", status=255)
    return here if here.is_file() else DEFAULT


def read_conf(path: Path) -> SlurmConf:
    """Read a file. Raises LaunchError, which names file and line, for one that is not in this format."""
    conf = SlurmConf(path)
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise LaunchError(f"{path}: the text is not UTF-8") from error
    for number, line in enumerate(lines, 1):
        line = line.partition("#")[0].strip()
        try:
            if line:
                _read_line(conf, line)
        except ValueError as error:
            raise LaunchError(f"{path}:{number}: {error}: {line}") from error
    if not conf.command:
        raise LaunchError(f"{path}: a line is missing that says how to submit, such as: command sbatch")
    return conf


def _read_line(conf: SlurmConf, line: str) -> None:
    kind, *rest = line.split(None, 1)
    rest = "".join(rest)
    setting = re.match(r"([\w-]+)=(\S+)", rest)
    if kind == "command":
        conf.command = shlex.split(rest)
    elif kind == "timing":
        for name, _, value in (word.partition("=") for word in rest.split()):
            if name not in TIMING:
                raise ValueError(f"timing knows {' and '.join(TIMING)}, not {name}")
            conf.timing[name] = _seconds(name, value)
    elif kind == "option" and setting:
        conf.options[_name(setting[1]), setting[2]] = shlex.split(rest[setting.end() :])
    elif kind == "default" and setting:
        conf.defaults[_name(setting[1])] = setting[2]
    else:
        raise ValueError("expected command, option NAME=VALUE, default NAME=VALUE or timing")


def _seconds(name: str, text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < math.inf:
        raise ValueError(f"timing {name} is a number of seconds above 0, not '{text}'")
    return seconds


def _name(text: str) -> str:
    return text.replace("-", "_")


def sbatch_call(conf: SlurmConf, job: Job) -> list[str]:
    """sbatch and its arguments, but for what tells one submission of the job from another. The user's own words win."""
    asked = {"time": job.time, "mem": job.mem, "gpu": str(job.gpu), "num_threads": job.num_threads and str(job.num_threads)}
    values = conf.defaults | {name: value for name, value in asked.items() if value is not None}
    order = [*asked, *sorted(values.keys() - asked.keys())]
    words = [word for name in order if name in values for word in _arguments(conf, name, values[name])]
    ranks = [f"--nodes={job.nodes}", f"--ntasks={job.ntasks}", f"--ntasks-per-node={job.ntasks // job.nodes}"]
    warning = f"--signal=B:USR1@{warning_seconds(values.get('time'))}"
    return [*conf.command, *words, *ranks, "--no-requeue", warning, *job.sbatch, "--export=ALL"]


def _arguments(conf: SlurmConf, name: str, value: str) -> list[str]:
    words = conf.options.get((name, value), conf.options.get((name, "*")))
    if (name, value) not in conf.options and (name, value) == ("gpu", "0"):
        return []  # nothing has to be said to Slurm to get no GPU
    if words is None:
        option = name.replace("_", "-")
        raise LaunchError(
            f"--{option} {value}: {conf.path} does not say what this is for sbatch; add a line: option {name}=* ...", status=255
        )
    return [word.replace("$0", value) for word in words]


def warning_seconds(limit: str | None) -> int:
    """How long before the end of its time a job is told: two minutes, or a quarter of a short `limit` (as --time takes it)."""
    seconds = time_seconds(limit) if limit and re.fullmatch(r"[0-9:-]+", limit) else 0  # a site may write UNLIMITED, or 0 for it
    return max(1, min(WARNING_SECONDS, seconds // 4)) if seconds else WARNING_SECONDS


def time_seconds(text: str) -> int:
    """Seconds of a time as Slurm writes it: M, M:S, H:M:S, D-H, D-H:M or D-H:M:S."""
    days, dash, clock = text.rpartition("-")
    parts = [int(part) for part in clock.split(":")]
    if dash:
        hours, minutes, seconds = parts + [0] * (3 - len(parts))
    else:
        hours, minutes, seconds = {1: [0, *parts, 0], 2: [0, *parts], 3: parts}[len(parts)]
    return ((int(days or 0) * 24 + hours) * 60 + minutes) * 60 + seconds
