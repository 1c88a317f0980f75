#!/usr/bin/env bash
# Extract the embeddings of whole utterances. The vectors do not depend on the number of jobs.
#
# In:  <exp-dir>/final.pt, <data-dir>/{feats.scp,utt2num_frames}
# Out: <embedding-dir>/embeddings.scp, sorted, over embeddings.<job>of<nj>.ark; a log of each job in <embedding-dir>/log
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"

cmd=run.py
nj=2  # number of jobs
gpu=0 # 1 gives each job a GPU
help_message="Usage: steps/extract_embeddings.sh [options] <exp-dir> <data-dir> <embedding-dir>
  e.g.: steps/extract_embeddings.sh --nj 8 exp/resnet data/test exp/resnet/test
Options: --cmd, --nj N, --gpu 0|1"
. "$ROOT/utils/parse_options.sh"
. "$ROOT/utils/parts.sh"
if [ $# -ne 3 ]; then
  echo "$help_message" >&2
  exit 1
fi
exp=${1%/} data=${2%/} embeddings=${3%/}

require_files "$exp/final.pt" "$data/feats.scp" "$data/utt2num_frames"
require_nj "$nj" "$data/feats.scp"
device=cpu
if [ "$gpu" -gt 0 ]; then device=cuda; fi
prefix=$embeddings/embeddings
inputs=(--input "$exp/final.pt") outputs=()
table_inputs "$data" feats.scp feats.md5 utt2num_frames
part_outputs "$prefix" "$nj" ark scp

rm -f "$prefix.scp" # it may soon point into arks that have changed
$cmd --gpu "$gpu" "${inputs[@]}" "${outputs[@]}" JOB=1:"$nj" "$embeddings/log/extract.JOB.log" \
  extract_embeddings.py --job JOB --num-jobs "$nj" --device "$device" "$exp/final.pt" "$data" "$prefix.JOBof$nj"
merge_parts "$prefix" "$nj" scp "$prefix.scp" --expect "$data/feats.scp"
remove_old_parts "$prefix" "$nj" "$embeddings/log/extract"
echo "extract_embeddings.sh: made embeddings of $(wc -l < "$prefix.scp") utterances of $data"
