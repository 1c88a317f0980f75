#!/usr/bin/env python3
"""Quality measures of utterances, for the calibration of scores: tables 'utterance value' named log_dur, log_magnitude and cohort_mean.

log_dur is the logarithm of the seconds, log_magnitude that of the length of the embedding, cohort_mean the mean of its --top-n highest
cosine scores against the speakers of the cohort, as in adaptive score normalisation.

Example:
  measure_quality.py --embeddings exp/xvector/test/embeddings.scp --utt2dur data/test/utt2dur \\
    --cohort exp/xvector/train/embeddings.scp --cohort-utt2spk data/train/utt2spk --out exp/xvector/test/quality
"""

from pathlib import Path

from cortado.command import make_parser, run
from cortado.datadir.table import read_table, write_table
from cortado.score.back_end import make_cohort
from cortado.score.embeddings import read_embeddings
from cortado.score.quality import quality_measures, read_numbers


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--embeddings", required=True, metavar="RSPEC", help="embeddings of the utterances to measure")
    parser.add_argument("--utt2dur", required=True, metavar="FILE", help="their durations in seconds")
    parser.add_argument("--cohort", required=True, metavar="RSPEC", help="embeddings of training utterances")
    parser.add_argument("--cohort-utt2spk", required=True, metavar="FILE", help="their speakers")
    parser.add_argument("--top-n", type=int, default=50, metavar="N", help="nearest cohort speakers to compare with (default 50)")
    parser.add_argument("--out", required=True, metavar="DIR", help="folder to write the tables into")
    args = parser.parse_args()
    cohort = make_cohort(read_embeddings(args.cohort), read_table(args.cohort_utt2spk), args.cohort_utt2spk)
    embeddings = read_embeddings(args.embeddings)
    for name, values in quality_measures(embeddings, read_numbers(args.utt2dur), cohort, args.top_n).items():
        write_table(Path(args.out, name), {key: f"{value:.6f}" for key, value in zip(embeddings.keys, values, strict=True)})


if __name__ == "__main__":
    run(main)
