#!/usr/bin/env bash
# Extract the embeddings of whole utterances. The vectors do not depend on the number of jobs.
#
# In:  <exp-dir>/final.pt, <data-dir>/{feats.scp,utt2num_frames}
# Out: <embedding-dir>/embeddings.scp, sorted, over embeddings.<nj>.<job>.ark
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"

cmd=run.py
nj=2
gpu=0 # 1 gives each job a GPU
help_message="Usage: steps/extract_embeddings.sh [options] <exp-dir> <data-dir> <embedding-dir>
  e.g.: steps/extract_embeddings.sh --nj 8 exp/resnet data/test exp/resnet/test
Options: --cmd, --nj N, --gpu 0|1"
. "$ROOT/utils/parse_options.sh"
if [ $# -ne 3 ]; then
  echo "$help_message" >&2
  exit 1
fi
exp=$1 data=$2 embeddings=$3

device=cpu
if [ "$gpu" -gt 0 ]; then device=cuda; fi
parts=$embeddings/embeddings.$nj
$cmd --gpu "$gpu" --input "$exp/final.pt" --input "$data/feats.scp" --output "$parts.JOB.scp" "JOB=1:$nj" "$embeddings/log/extract.JOB.log" \
  extract_embeddings.py --job JOB --num-jobs "$nj" --device "$device" "$exp/final.pt" "$data" "$parts.JOB.ark" "$parts.JOB.scp"
scps=()
for ((n = 1; n <= nj; n++)); do scps+=("$parts.$n.scp"); done
merge_scps.py --expect "$data/feats.scp" "$embeddings/embeddings.scp" "${scps[@]}"
shopt -s extglob nullglob
for file in "$embeddings"/embeddings.+([0-9]).+([0-9]).@(ark|scp); do # parts of an earlier call with another --nj
  case $file in "$parts".*) ;; *) rm "$file" ;; esac
done
