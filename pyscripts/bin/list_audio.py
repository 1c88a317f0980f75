#!/usr/bin/env python3
"""Write <data-dir>/audio_files of each data directory: size and date of the files in wav.scp.

It changes when a recording does: steps/make_feats.sh compares it to find the jobs to run again. Of a pipe, only the command
is listed. With --of video it is video_files, of video.scp, for steps/make_lips.sh.

    list_audio.py data/train/split4utt/1 data/train/split4utt/2
"""

from pathlib import Path

from cortado.command import make_parser, run
from cortado.datadir import DataDir, write_table
from cortado.datadir.audio import is_pipe

TABLES = {"audio": "wav.scp", "video": "video.scp"}


def describe(rxfile: str) -> str:
    if is_pipe(rxfile):
        return rxfile
    try:
        status = Path(rxfile).stat()
    except OSError as error:  # whoever reads it says so, naming the utterances
        return f"{rxfile}: {error.strerror}"
    return f"{rxfile} {status.st_size} {status.st_mtime_ns}"


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--of", choices=sorted(TABLES), default="audio", help="which files (default audio)")
    parser.add_argument("data_dirs", nargs="+", metavar="data-dir")
    args = parser.parse_args()
    for data_dir in map(DataDir, args.data_dirs):
        files = {name: describe(rxfile) for name, rxfile in data_dir.table(TABLES[args.of]).items()}
        write_table(data_dir.path / f"{args.of}_files", files)


if __name__ == "__main__":
    run(main)
