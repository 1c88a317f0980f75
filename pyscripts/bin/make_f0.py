#!/usr/bin/env python3
"""Find the f0 of the recordings of a data directory: one job of steps/make_f0.sh.

usage: make_f0.py <config> <data-dir> <out>

Writes <out>.ark and <out>.scp, of each recording a float32 vector: Hz, 0 where unvoiced, a value every 256 samples at 44.1 kHz (audio at
other rates is converted; the times are the same); and the table <out>.f0_report. A recording that cannot be used is left out; the report
says why ("dropped, silent: ..."). What else is odd is there too ("kept, clipped: ...").

The tracker that the config names is ours, cortado.pitch.SalienceTracker, or one of two whose packages you install yourself:
  cortado.pitch.Praat      needs praat-parselmouth, under the GNU GPL 3
  cortado.pitch.Essentia   needs essentia, under the GNU AGPL 3, which binds those, too, who offer a service with it over a network
Both licences ask of whoever passes on the program together with the package to pass on the whole under their terms.

  make_f0.py conf/f0.yaml data/recordings/split4utt/1 data/recordings/data/raw_f0_recordings.1of4
"""

import sys
from collections.abc import Iterator

from cortado.ark import ArkWriter
from cortado.command import make_parser, progress, run
from cortado.config import load_config
from cortado.datadir import DataDir, write_table
from cortado.datadir.audio import read_utterance
from cortado.errors import DataError
from cortado.pitch import F0, F0Config, Tracker, make_f0
from cortado.pitch.faults import Fault


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("config", help="YAML of the tracker, such as conf/f0.yaml")
    parser.add_argument("data_dir")
    parser.add_argument("out", help="path of the outputs, without their suffixes")
    args = parser.parse_args()
    tracker, data_dir = load_config(F0Config, args.config).build_tracker(), DataDir(args.data_dir)
    total, num_made, report = len(data_dir.utterances), 0, {}
    with ArkWriter(f"{args.out}.ark", f"{args.out}.scp") as writer:
        for recording, f0 in progress(iterate_f0(data_dir, tracker), total, "recordings"):
            if f0.faults:
                report[recording] = describe(f0)
                print(f"{recording}: {report[recording]}", file=sys.stderr, flush=True)
            if f0.values is not None:
                writer.write(recording, f0.values)
                num_made += 1
    print(f"f0 of {num_made} of {total} recordings", file=sys.stderr)
    write_table(f"{args.out}.f0_report", report)


def iterate_f0(data_dir: DataDir, tracker: Tracker) -> Iterator[tuple[str, F0]]:
    """(recording, its f0), in order; segments are honoured."""
    for recording in data_dir.utterances:
        try:
            samples, rate = read_utterance(data_dir, recording)
        except DataError as error:
            yield recording, F0(None, [Fault("unreadable", str(error))])
        else:
            yield recording, make_f0(samples, rate, tracker)


def describe(f0: F0) -> str:
    """'dropped, silent: ...' or 'kept, mostly unvoiced: ...; clipped: ...'"""
    fate = "dropped" if f0.values is None else "kept"
    return f"{fate}, {'; '.join(map(str, f0.faults))}"


if __name__ == "__main__":
    run(main)
