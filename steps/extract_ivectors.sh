#!/usr/bin/env bash
# Extract the i-vectors of utterances. The vectors do not depend on the number of jobs.
#
# In:  <exp-dir>/final.pt of steps/train_ivector.sh, <data-dir>/{feats.scp,utt2num_frames} and vad.scp (unless the model's config
#      says vad: false)
# Out: <embedding-dir>/embeddings.scp, sorted, over embeddings.<job>of<nj>.ark; a log of each job in <embedding-dir>/log, which
#      names every utterance without speech
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"

cmd=run.py
nj=2            # number of jobs
num_threads=1   # of each job
gpu=0           # 1 gives each job a GPU
allow_missing=0 # utterances without any speech frame to go on without
help_message="Usage: steps/extract_ivectors.sh [options] <exp-dir> <data-dir> <embedding-dir>
  e.g.: steps/extract_ivectors.sh --nj 8 exp/ivector data/test exp/ivector/test
Options: --cmd, --nj N, --num-threads N (of each job), --gpu 0|1, --allow-missing N (over all jobs)"
. "$ROOT/utils/parse_options.sh"
. "$ROOT/utils/parts.sh"
if [ $# -ne 3 ]; then
  echo "$help_message" >&2
  exit 1
fi
exp=${1%/} data=${2%/} embeddings=${3%/}

require_files "$exp/final.pt" "$data/feats.scp"
require_nj "$nj" "$data/feats.scp"
device=cpu
if [ "$gpu" -gt 0 ]; then device=cuda; fi
prefix=$embeddings/embeddings
inputs=(--input "$exp/final.pt") outputs=()
table_inputs "$data" feats.scp feats.md5 vad.scp
part_outputs "$prefix" "$nj" ark scp

rm -f "$prefix.scp" # it may soon point into arks that have changed
$cmd --num-threads "$num_threads" --gpu "$gpu" "${inputs[@]}" "${outputs[@]}" JOB=1:"$nj" "$embeddings/log/extract.JOB.log" \
  extract_ivectors.py --job JOB --num-jobs "$nj" --device "$device" --num-threads "$num_threads" --allow-missing "$allow_missing" \
  "$exp/final.pt" "$data" "$prefix.JOBof$nj"
merge_parts "$prefix" "$nj" scp "$prefix.scp" --expect "$data/feats.scp" --allow-missing "$allow_missing"
remove_old_parts "$prefix" "$nj" "$embeddings/log/extract"
echo "extract_ivectors.sh: made i-vectors of $(wc -l < "$prefix.scp") utterances of $data"
