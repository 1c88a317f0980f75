#!/usr/bin/env bash
# Compute the log posteriors of mouth clips with a trained lip reader. The values do not depend on the number of jobs.
#
# In:  <exp-dir>/final.pt, <data-dir>/lips.scp
# Out: <posterior-dir>/post.scp, sorted, over post.<job>of<nj>.ark: float32, a row for each output of the network, a column for each
#      class, natural logarithms; a log of each job in <posterior-dir>/log
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"

cmd=run.py
nj=2        # number of jobs
gpu=0       # 1 gives each job a GPU
max_frames= # of a batch with its padding; longer clips are computed in chunks. Bounds memory; default 1000, 4000 on a GPU
help_message="Usage: steps/compute_posteriors.sh [options] <exp-dir> <data-dir> <posterior-dir>
  e.g.: steps/compute_posteriors.sh --nj 4 exp/stires3d data/test exp/stires3d/post_test
Options: --cmd, --nj N, --gpu 0|1, --max-frames N"
. "$ROOT/utils/parse_options.sh"
. "$ROOT/utils/parts.sh"
if [ $# -ne 3 ]; then
  echo "$help_message" >&2
  exit 1
fi
exp=${1%/} data=${2%/} posteriors=${3%/}

require_files "$exp/final.pt" "$data/lips.scp"
require_nj "$nj" "$data/lips.scp"
options=(--device cpu)
if [ "$gpu" -gt 0 ]; then options=(--device cuda); fi
if [ -n "$max_frames" ]; then options+=(--max-frames "$max_frames"); fi
prefix=$posteriors/post
inputs=(--input "$exp/final.pt") outputs=()
table_inputs "$data" lips.scp lips.md5
part_outputs "$prefix" "$nj" ark scp

rm -f "$prefix.scp" # it may soon point into arks that have changed
$cmd --gpu "$gpu" "${inputs[@]}" "${outputs[@]}" JOB=1:"$nj" "$posteriors/log/compute.JOB.log" \
  compute_posteriors.py --job JOB --num-jobs "$nj" "${options[@]}" "$exp/final.pt" "$data" "$prefix.JOBof$nj"
merge_parts "$prefix" "$nj" scp "$prefix.scp" --expect "$data/lips.scp"
remove_old_parts "$prefix" "$nj" "$posteriors/log/compute"
echo "compute_posteriors.sh: made log posteriors of $(wc -l < "$prefix.scp") clips of $data"
