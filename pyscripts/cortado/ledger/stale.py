"""Which stage has to run again, and why."""

from collections.abc import Iterator, Mapping

from cortado.ledger.inputs import change, stamp
from cortado.ledger.record import Record, record_path, touched_later
from cortado.ledger.script import Script


def first_stale(script: Script, options: Mapping[str, str], records: Mapping[int, Record], last: int = 100) -> tuple[int, str] | None:
    """The first stage from 0 to `last` that is not done or no longer valid, with the reason; None when there is none."""
    for number in script.stages:
        if 0 <= number <= last and (reason := why_stale(number, script, options, records)):
            return number, reason
    return None


def why_stale(number: int, script: Script, options: Mapping[str, str], records: Mapping[int, Record]) -> str | None:
    """Why a stage has to run, as half a sentence; None when its last run still holds."""
    if number not in records:
        return "it has not been run"
    return next(_reasons(records[number], script, options, records), None)


def _reasons(record: Record, script: Script, options: Mapping[str, str], records: Mapping[int, Record]) -> Iterator[str]:
    if record.status != "done":
        yield _how_it_ended(record)
        return
    if record.commands_md5 != script.commands_md5(record.stage):
        yield f"its commands in {script.path.name} have changed"
    for name, value in script.options_of(record.stage, options).items():
        if record.options.get(name) != value:
            yield f"option --{name.replace('_', '-')} was '{record.options.get(name, '')}' and is '{value}'"
    not_its_own = touched_later(record.stage, records)
    for path, before in record.inputs.items():
        if path not in not_its_own and (what := change(path, before)):
            yield what
    for path, before in record.outputs.items():
        if path not in not_its_own and (what := _damage(path, before)):
            yield f"{path}, which it made, {what}"
    if not record.declared:
        for other in records.values():
            if other.stage < record.stage and other.started and other.started_at > record.started_at:
                yield f"stage {other.stage} has run since, and this one declares no inputs"


def _damage(path: str, before: dict) -> str | None:
    """What has happened to an output since it was made; None if it can be used. Texts may have been edited on purpose."""
    now = stamp(path)
    if now is None:
        return "is gone"
    is_binary = before["lines"] is None
    return f"had {before['bytes']} bytes and has {now[0]}" if is_binary and now[0] != before["bytes"] else None


def _how_it_ended(record: Record) -> str:
    if record.status == "damaged":
        return f"its record {record_path(record.stage)} cannot be read"
    by = f"started {record.started_at:%Y-%m-%d %H:%M:%S} on {record.host}, by {record.pid}"
    return f"it failed with status {record.exit_status} ({by})" if record.status == "failed" else f"it was not finished ({by})"
