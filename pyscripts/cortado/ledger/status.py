"""The table of --status."""

import os
import textwrap
from collections.abc import Mapping

from cortado.ledger.lock import is_running
from cortado.ledger.record import Record
from cortado.ledger.script import Script
from cortado.ledger.stale import why_stale

COLUMNS = ("stage", "title", "state", "started", "seconds", "host", "commit", "lines in and out", "why again")


def table(script: Script, options: Mapping[str, str], records: Mapping[int, Record]) -> str:
    """A line for each stage of run.sh, aligned."""
    rows = [COLUMNS, *(_row(number, script, options, records) for number in script.stages)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)


def where_next(stale: tuple[int, str] | None) -> str:
    """What a run without --stage does, given the first stage that has to run and why."""
    if stale is None:
        return "all stages are finished and nothing has changed; --stage N runs from stage N again"
    return f"continuing at stage {stale[0]}: {stale[1]}"


def _row(number: int, script: Script, options: Mapping[str, str], records: Mapping[int, Record]) -> tuple[str, ...]:
    title, record = textwrap.shorten(script.stages[number].title, 40, placeholder=" ..."), records.get(number)
    if record is None:
        return (str(number), title, "not run", *[""] * 6)
    reason = why_stale(number, script, options, records)
    if record.status == "damaged":
        return (str(number), title, "damaged", *[""] * 5, reason or "")
    return (
        str(number),
        title,
        _state(record, reason),
        f"{record.started_at:%Y-%m-%d %H:%M:%S}",
        "" if record.seconds is None else f"{record.seconds:.1f}",
        record.host,
        f"{(record.commit or '')[:7]}{'*' if record.dirty else ''}",
        _counts(record),
        reason if reason and record.status == "done" else "",
    )


def _state(record: Record, reason: str | None) -> str:
    if record.status == "unfinished":
        return "running" if record.host == os.uname().nodename and is_running(record.pid) else "unfinished"
    if record.status == "failed":
        return f"failed {record.exit_status}"
    return "stale" if reason else "done"


def _counts(record: Record) -> str:
    """'utt2spk 1120 -> feats.scp 1120': lines of the tables, over all folders."""
    came, went = (", ".join(f"{table} {lines}" for table, lines in record.counts.get(side, {}).items()) for side in ("in", "out"))
    return " -> ".join(filter(None, (came, went))) if came else f"-> {went}" if went else ""
