#!/usr/bin/env bash
# Extract the frame maps of utterances from a model with cross attentive pooling, which compares them in pairs. The maps do not
# depend on the number of jobs.
#
# In:  <exp-dir>/final.pt, <data-dir>/{feats.scp,utt2num_frames}
# Out: <map-dir>/maps.scp, sorted, over maps.<job>of<nj>.ark; <map-dir>/maps.json (how they were cut) and maps.md5 (of the values of
#      each); a log of each job in <map-dir>/log. Ten crops of 350 frames of Fast ResNet-34 take 450 kB, half of that compressed.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"

cmd=run.py
nj=2            # number of jobs
num_crops=10    # of each utterance, at even distances
crop_frames=350 # of each crop; an utterance no longer than this has one crop
compress=false  # two bytes a value
num_threads=1   # of each job
gpu=0           # 1 gives each job a GPU
help_message="Usage: steps/extract_maps.sh [options] <exp-dir> <data-dir> <map-dir>
  e.g.: steps/extract_maps.sh --nj 8 exp/fast_cap data/test exp/fast_cap/test
Options: --cmd, --nj N, --num-crops N, --crop-frames N, --compress true|false, --num-threads N (of each job), --gpu 0|1"
. "$ROOT/utils/parse_options.sh"
. "$ROOT/utils/parts.sh"
if [ $# -ne 3 ]; then
  echo "$help_message" >&2
  exit 1
fi
exp=${1%/} data=${2%/} maps=${3%/}

require_files "$exp/final.pt" "$data/feats.scp" "$data/utt2num_frames"
require_nj "$nj" "$data/feats.scp"
device=cpu
if [ "$gpu" -gt 0 ]; then device=cuda; fi
prefix=$maps/maps
inputs=(--input "$exp/final.pt") outputs=()
table_inputs "$data" feats.scp feats.md5 utt2num_frames
part_outputs "$prefix" "$nj" ark scp md5 json

rm -f "$prefix.scp" # it may soon point into arks that have changed
$cmd --num-threads "$num_threads" --gpu "$gpu" "${inputs[@]}" "${outputs[@]}" JOB=1:"$nj" "$maps/log/extract_maps.JOB.log" \
  extract_maps.py --job JOB --num-jobs "$nj" --num-crops "$num_crops" --crop-frames "$crop_frames" --compress "$compress" \
  --device "$device" --num-threads "$num_threads" "$exp/final.pt" "$data" "$prefix.JOBof$nj"
merge_parts "$prefix" "$nj" md5 "$prefix.md5" --expect "$data/feats.scp"
cp "$prefix.1of$nj.json" "$prefix.json"
merge_parts "$prefix" "$nj" scp "$prefix.scp" --expect "$data/feats.scp" # last: where it is, all is there
remove_old_parts "$prefix" "$nj" "$maps/log/extract_maps"
echo "extract_maps.sh: made maps of $(wc -l < "$prefix.scp") utterances of $data"
