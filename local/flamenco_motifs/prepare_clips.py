#!/usr/bin/env python3
"""Make a data directory of the flamenco motifs that A. Arronte Alvarez and F. Gomez-Martin published as clips (arXiv 2008.00198).

Usage: local/flamenco_motifs/prepare_clips.py --corpus <clone> <data-dir>

The clone has, itself or in a folder of it, the folders AM EC EM JT TP, one a singer, of files <recording>[_intervals]_<motif>_<uuid>.wav.
Clips stay where they are: wav.scp points there. A clip is named <singer>-<recording>-<uuid>; utt2rec has its recording, which
<recording>.txt and <recording>_intervals are too. Files of another kind, such as .DS_Store, are passed over.

Writes <data-dir>/{wav.scp,utt2spk,spk2utt,utt2rec}.

Example:
  local/flamenco_motifs/prepare_clips.py --corpus /corpora/flamenco-motifs data/all
"""

import re
from collections import Counter
from pathlib import Path

from cortado.command import make_parser, run
from cortado.datadir import utt2spk_to_spk2utt, write_table
from cortado.datadir.folder import replaced_data_dir
from cortado.errors import CortadoError, DataError

SINGERS = ("AM", "EC", "EM", "JT", "TP")
NAME = re.compile(r"(?P<recording>\S+?)(\.txt)?(_intervals)?_(?P<motif>[-+0-9,._ ()\[\]]+)_(?P<uuid>[0-9A-Fa-f]{8}[-0-9A-Fa-f]{4,})")


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--corpus", required=True, type=Path, help="clone of the published clips")
    parser.add_argument("data_dir", metavar="data-dir")
    args = parser.parse_args()
    tables: dict[str, dict[str, str]] = {"wav.scp": {}, "utt2spk": {}, "utt2rec": {}}
    top = find_singers(args.corpus)
    for singer in SINGERS:
        for path in sorted((top / singer).glob("*.wav")):
            recording, uuid = parse_name(path)
            clip = f"{singer}-{recording}-{uuid}"
            if clip in tables["wav.scp"]:
                raise DataError(path, f"is the clip {clip}, and so is {tables['wav.scp'][clip]}")
            tables["wav.scp"][clip], tables["utt2spk"][clip], tables["utt2rec"][clip] = str(path), singer, f"{singer}-{recording}"
    counts = Counter(tables["utt2spk"].values())
    if empty := [singer for singer in SINGERS if not counts[singer]]:
        raise CortadoError(f"--corpus '{args.corpus}': no *.wav in {', '.join(str(top / singer) for singer in empty)}")
    with replaced_data_dir(args.data_dir) as folder:
        for name, rows in tables.items():
            write_table(folder / name, rows)
        write_table(folder / "spk2utt", {singer: " ".join(clips) for singer, clips in utt2spk_to_spk2utt(tables["utt2spk"]).items()})
    print(f"{args.data_dir}: {counts.total()} clips, {', '.join(f'{counts[singer]} of {singer}' for singer in SINGERS)}")


def find_singers(corpus: Path) -> Path:
    """The folder that holds those of the singers: the corpus or a folder of it. Raises CortadoError where there is none."""
    for folder in [corpus, *(sorted(path for path in corpus.iterdir() if path.is_dir()) if corpus.is_dir() else [])]:
        if all((folder / singer).is_dir() for singer in SINGERS):
            return folder.absolute()
    raise CortadoError(
        f"--corpus '{corpus}': the folders {' '.join(SINGERS)} are not there, nor in a folder of it; give the clone of the clips"
    )


def parse_name(path: Path) -> tuple[str, str]:
    """The recording and the uuid of a clip. Raises DataError for a file of another name."""
    match = NAME.fullmatch(path.stem)
    if not match:
        raise DataError(path, "expected <recording>[_intervals]_<motif>_<uuid>.wav, the motif being numbers such as 1-12-11")
    return match["recording"], match["uuid"]


if __name__ == "__main__":
    run(main)
