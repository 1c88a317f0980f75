#!/usr/bin/env python3
"""Put the audit of the clips, as tables, below the header of RESULTS.md.

Usage: local/flamenco_motifs/audit_table.py <shared_audio.json> <header> <out>

Example:
  local/flamenco_motifs/audit_table.py data/clean/shared_audio.json conf/results_header.md exp/header.md
"""

import json
from pathlib import Path

from cortado.command import make_parser, run
from cortado.errors import DataError
from cortado.files import atomic_write
from cortado.report.results import markdown_table, read_header

COLUMNS = {
    "Singer": ":--",
    "Files": "--:",
    "Distinct": "--:",
    "Shortest, s": "--:",
    "Recordings": "--:",
    "Sharing no audio": "--:",
    "Kept": "--:",
    "Overlap groups": "--:",
}


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("audit", type=Path, metavar="shared_audio.json")
    parser.add_argument("header")
    parser.add_argument("out")
    args = parser.parse_args()
    try:
        counts = json.loads(args.audit.read_text(encoding="utf-8"))
        parts = [read_header(args.header).strip(), "## What the clips are", in_words(counts["all"]), by_singer(counts["by_speaker"])]
    except (OSError, ValueError, KeyError) as error:
        raise DataError(args.audit, f"is no audit of utils/find_shared_audio.sh: {error}") from None
    with atomic_write(args.out) as out:
        out.write("\n\n".join(parts) + "\n")


def in_words(whole: dict) -> str:
    dropped = ", ".join(f"{kind} {count:,}" for kind, count in whole["dropped"].items()) or "none"
    lines = [
        f"- files {whole['clips']:,}, of them distinct {whole['distinct_clips']:,}; with a copy among the others {whole['clips_with_a_copy']:,}",
        f"- contents filed under two singers: {whole['contents_under_two_speakers']:,}",
        f"- clips dropped: {dropped}",
        f"- left: {whole['kept']:,} clips, {whole['kept_seconds'] / 60:.1f} minutes, in {whole['overlap_groups']:,} groups that overlap by "
        "24 samples or more",
    ]
    return "\n".join(lines)


def by_singer(singers: dict) -> str:
    keys = ("clips", "distinct_clips", "shortest_seconds", "recordings", "recording_groups", "kept", "overlap_groups")
    return markdown_table(COLUMNS, [[singer, *(f"{counts[key]:,}" for key in keys)] for singer, counts in singers.items()])


if __name__ == "__main__":
    run(main)
