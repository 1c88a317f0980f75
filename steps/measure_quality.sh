#!/usr/bin/env bash
# Measure the utterances of trials for quality-aware calibration: duration, length of the embedding, scores against the cohort.
#
# In:  <data-dir>/utt2dur, <embedding-dir>/embeddings.scp; <cohort-data-dir>/utt2spk, <cohort-embedding-dir>/embeddings.scp
# Out: <quality-dir>/{log_dur,log_magnitude,cohort_mean}, tables 'utterance value'; a log in <quality-dir>/log
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"

cmd=run.py
top_n=50 # nearest cohort speakers
help_message="Usage: steps/measure_quality.sh [options] <data-dir> <embedding-dir> <cohort-data-dir> <cohort-embedding-dir> <quality-dir>
  e.g.: steps/measure_quality.sh data/test exp/xvector/test data/train exp/xvector/train exp/xvector/test/quality
Options: --cmd, --top-n N"
. "$ROOT/utils/parse_options.sh"
. "$ROOT/utils/parts.sh"
if [ $# -ne 5 ]; then
  echo "$help_message" >&2
  exit 1
fi
data=${1%/} embeddings=${2%/} cohort_data=${3%/} cohort=${4%/} quality=${5%/}

require_files "$data/utt2dur" "$embeddings/embeddings.scp" "$cohort_data/utt2spk" "$cohort/embeddings.scp"
inputs=(--input "$data/utt2dur" --input "$cohort_data/utt2spk")
embedding_inputs "$embeddings"
embedding_inputs "$cohort"
outputs=()
for measure in log_dur log_magnitude cohort_mean; do outputs+=(--output "$quality/$measure"); done
$cmd "${inputs[@]}" "${outputs[@]}" "$quality/log/measure_quality.log" \
  measure_quality.py --top-n "$top_n" --embeddings "$embeddings/embeddings.scp" --utt2dur "$data/utt2dur" \
  --cohort "$cohort/embeddings.scp" --cohort-utt2spk "$cohort_data/utt2spk" --out "$quality"
echo "measure_quality.sh: measured $(wc -l < "$quality/log_dur") utterances of $data"
