#!/usr/bin/env bash
# Classify clips with a trained network: log posteriors of its training speakers (or singers). The values do not depend on the number of
# jobs.
#
# In:  <exp-dir>/final.pt, whose loss classifies; <data-dir>/{feats.scp,utt2num_frames}
# Out: <posterior-dir>/posteriors.scp, sorted, over posteriors.<job>of<nj>.ark: a float32 vector a clip, natural logarithms;
#      <posterior-dir>/classes, the speakers in the order of its values, one a line; a log of each job in <posterior-dir>/log
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"

cmd=run.py
nj=2  # number of jobs
gpu=0 # 1 gives each job a GPU
help_message="Usage: steps/classify_clips.sh [options] <exp-dir> <data-dir> <posterior-dir>
  e.g.: steps/classify_clips.sh --nj 4 exp/crnn_mel128 data/test exp/crnn_mel128/test
Options: --cmd, --nj N, --gpu 0|1"
. "$ROOT/utils/parse_options.sh"
. "$ROOT/utils/parts.sh"
if [ $# -ne 3 ]; then
  echo "$help_message" >&2
  exit 1
fi
exp=${1%/} data=${2%/} posteriors=${3%/}

require_files "$exp/final.pt" "$data/feats.scp" "$data/utt2num_frames"
require_nj "$nj" "$data/feats.scp"
device=cpu
if [ "$gpu" -gt 0 ]; then device=cuda; fi
prefix=$posteriors/posteriors
inputs=(--input "$exp/final.pt") outputs=()
table_inputs "$data" feats.scp feats.md5 utt2num_frames
part_outputs "$prefix" "$nj" ark scp classes

rm -f "$prefix.scp" # it may soon point into arks that have changed
$cmd --gpu "$gpu" "${inputs[@]}" "${outputs[@]}" JOB=1:"$nj" "$posteriors/log/classify.JOB.log" \
  classify_clips.py --job JOB --num-jobs "$nj" --device "$device" "$exp/final.pt" "$data" "$prefix.JOBof$nj"
cp "$prefix.1of$nj.classes" "$posteriors/classes"
merge_parts "$prefix" "$nj" scp "$prefix.scp" --expect "$data/feats.scp" # last: where it is, all is there
remove_old_parts "$prefix" "$nj" "$posteriors/log/classify"
echo "classify_clips.sh: classified $(wc -l < "$prefix.scp") clips of $data into $(wc -l < "$posteriors/classes") classes"
