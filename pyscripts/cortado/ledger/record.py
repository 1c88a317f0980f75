"""The entries of the ledger: one is written when a stage begins, as unfinished, and again when it ends."""

import json
import os
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from cortado.errors import CortadoError
from cortado.files import atomic_write
from cortado.ledger.inputs import declared_files, stamp, versions
from cortado.ledger.outputs import is_product, measure, written_since
from cortado.ledger.script import Script

LEDGER = Path("exp/.stages")
ROOT = Path(__file__).resolve().parents[3]
TABLES = ("utt2spk", "feats.scp", "cmvn.scp", "cmvn_utt.scp", "vad.scp", "trials", "embeddings.scp", "scores")  # worth counting


@dataclass
class Record:
    """A run of a stage. `status` is unfinished, done, failed, or damaged where the file could not be read."""

    stage: int
    title: str = ""
    status: str = "damaged"
    exit_status: int | None = None
    command: list[str] = field(default_factory=list)  # run.sh and its arguments
    options: dict[str, str] = field(default_factory=dict)  # those that the stage depends on
    commands_md5: str = ""
    declared: list[str] = field(default_factory=list)  # the words at its title
    inputs: dict[str, dict] = field(default_factory=dict)  # path -> md5, lines, stamp
    outputs: dict[str, dict] = field(default_factory=dict)  # path -> lines, bytes
    removed: list[str] = field(default_factory=list)  # files of earlier stages
    missing_before: list[str] = field(default_factory=list)  # of those, what was gone when it began: not its doing
    counts: dict[str, dict[str, int]] = field(default_factory=dict)  # "in" and "out" -> table -> lines, over all folders
    commit: str | None = None  # of the repository; None outside of git
    dirty: bool | None = None  # whether files differed from that commit
    started: str = ""  # ISO 8601
    since_ns: int | None = None  # when an attempt that this one continues began, by the clock of the file system
    seconds: float | None = None
    host: str = ""
    pid: int = 0

    @property
    def touched(self) -> set[str]:
        """The files that are as this stage left them, whatever earlier ones saw in their place."""
        return {*self.outputs, *self.removed}

    @property
    def started_at(self) -> datetime:
        return datetime.fromisoformat(self.started)


def record_path(number: int) -> Path:
    return LEDGER / f"{number}.json"


def read_records() -> dict[int, Record]:
    """Stage number -> what the ledger says of it."""
    found = (path for path in LEDGER.glob("*.json") if path.stem.lstrip("-").isdigit())
    return {record.stage: record for record in sorted(map(_read, found), key=lambda record: record.stage)}


def _read(path: Path) -> Record:
    try:
        return Record(**json.loads(path.read_bytes()))
    except (ValueError, TypeError):  # no JSON, or not of this form
        return Record(int(path.stem))


def _write(record: Record) -> None:
    with atomic_write(record_path(record.stage)) as out:
        json.dump(asdict(record), out, indent=1)  # in ASCII: a file name may be no valid UTF-8


def touched_later(number: int, records: Mapping[int, Record]) -> set[str]:
    """The files that a stage after `number` has written or removed: they are that stage's business."""
    return {path for record in records.values() if record.stage > number for path in record.touched}


def begin(script: Script, number: int, declared: list[str], options: Mapping[str, str], command: list[str], pid: int) -> None:
    """Record that a stage begins, with the digests of its inputs. Raises CortadoError when an input is missing or nothing can be written.

    What earlier runs of it have made is kept in the record as long as it is there: launchers do not repeat what is done.
    """
    if number not in script.stages:
        raise CortadoError(f'it was not found in {script.path}: write `if stage {number} "title"` at the start of a line')
    for leftover in LEDGER.glob(".*.tmp"):  # of a run that was killed; no other one is at work here
        leftover.unlink()
    records = read_records()
    before = records.get(number, Record(number))
    not_ours = touched_later(number, records)
    inputs = [path for path in declared_files(declared) if path not in not_ours]
    commit, dirty = _git_version()
    record = Record(
        stage=number,
        title=script.stages[number].title,
        status="unfinished",
        command=command,
        options=script.options_of(number, options),
        commands_md5=script.commands_md5(number),
        declared=declared,
        inputs=versions(inputs, (record.inputs for record in records.values())),
        outputs=before.outputs,
        removed=before.removed,
        missing_before=_missing_of_earlier(number, records),
        commit=commit,
        dirty=dirty,
        started=datetime.now().astimezone().isoformat(timespec="milliseconds"),
        since_ns=_began_ns(before, records),
        host=os.uname().nodename,
        pid=pid,
    )
    _write(record)


def end(number: int, exit_status: int) -> None:
    """Record that a stage has ended. Where it succeeded, the files that it has written are its outputs and none of its inputs."""
    records = read_records()
    if number not in records:
        raise CortadoError(f"its record {record_path(number)} is gone; stages must leave {LEDGER} alone")
    record = records[number]
    began_ns = record.since_ns or record_path(number).stat().st_ctime_ns
    record.since_ns = began_ns if exit_status else None
    record.status, record.exit_status = "failed" if exit_status else "done", exit_status
    record.seconds = round((datetime.now().astimezone() - record.started_at).total_seconds(), 1)
    if exit_status == 0:
        _settle(record, written_since(began_ns, record.declared), _missing_of_earlier(number, records))
    _write(record)


def _began_ns(before: Record, records: Mapping[int, Record]) -> int | None:
    """When the attempt `before` began, if it came to no good end and no other stage has run since: what it has made is not made again."""
    if before.status not in ("unfinished", "failed") or any(record.started > before.started for record in records.values()):
        return None
    return before.since_ns or record_path(before.stage).stat().st_ctime_ns


def _settle(record: Record, written: list[str], missing: list[str]) -> None:
    """Part what the stage has read from what it has made."""
    changed = [path for path, entry in record.inputs.items() if _may_write(record, path) and stamp(path) != entry["stamp"]]
    for path in changed:
        del record.inputs[path]
    made = measure(path for path in {*written, *changed} - record.inputs.keys() if stamp(path))
    kept = {path: entry for path, entry in record.outputs.items() if stamp(path)}
    record.outputs = dict(sorted({**kept, **made}.items()))
    record.removed = [path for path in missing if path in record.removed or path not in record.missing_before]
    record.counts = {"in": _count(record.inputs, ("utt2spk",)), "out": _count(record.outputs, TABLES)}


def _may_write(record: Record, path: str) -> bool:
    """Whether it may be the stage that changed one of its inputs. A config that changes meanwhile was edited, for the next run."""
    return is_product(path) or Path(path).parent in map(Path, record.declared)


def _missing_of_earlier(number: int, records: Mapping[int, Record]) -> list[str]:
    earlier = (record for record in records.values() if record.stage < number)
    files = {path for record in earlier for path in (*record.outputs, *filter(is_product, record.inputs))}
    return sorted(path for path in files if stamp(path) is None)


def _count(files: Mapping[str, dict], tables: Iterable[str]) -> dict[str, int]:
    counts = {}
    for table in tables:
        lines = [entry["lines"] for path, entry in files.items() if Path(path).name == table and entry["lines"] is not None]
        if lines:
            counts[table] = sum(lines)
    return counts


def _git_version() -> tuple[str | None, bool | None]:
    """The commit that this code is at, and whether files differ from it; RESULTS.md do not count: recipes rewrite them."""
    command = ["git", "-C", str(ROOT), "status", "--porcelain=v2", "--branch", "--", ":/", ":(top,exclude,glob)**/RESULTS.md"]
    try:
        shown = subprocess.run(command, capture_output=True, text=True, errors="replace", check=True).stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):  # no git here, or no clone of one
        return None, None
    commit = next((line.split()[-1] for line in shown if line.startswith("# branch.oid ")), None)
    return commit, any(not line.startswith("#") for line in shown)
