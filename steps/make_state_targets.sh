#!/usr/bin/env bash
# Make the targets of a network on video, an HMM state for each of its outputs, from alignments of the sound of the same utterances.
#
# In:  <data-dir>/{utt2spk,utt2num_lips}, <ali-dir>/{ali.N.gz,num_jobs,final.mdl} of a training or aligning step
# Out: <targets-dir>/{targets.ark,targets.scp}, int vectors of pdf ids; num_classes; priors, their log priors as a Kaldi vector, which
#      decoding wants of the training set; left_out, the utterances that have none, with the reason
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"

cmd=run.py
outputs_per_frame=4 # of the network, for each video frame: 100 a second; 1: states at 25/s
max_left_out=0      # utterances without an alignment, or with one of another length, that are accepted
help_message="Usage: steps/make_state_targets.sh [options] <data-dir> <ali-dir> <targets-dir>
  e.g.: steps/make_state_targets.sh data/train exp/tri3 exp/targets/train
Options: --cmd, --outputs-per-frame 1|2|4, --max-left-out N"
. "$ROOT/utils/parse_options.sh"
. "$ROOT/utils/parts.sh"
if [ $# -ne 3 ]; then
  echo "$help_message" >&2
  exit 1
fi
data=${1%/} ali=${2%/} targets=${3%/}

require_files "$data/utt2spk" "$data/utt2num_lips" "$ali/final.mdl" "$ali/num_jobs"
inputs=(--input "$data/utt2spk" --input "$data/utt2num_lips" --input "$ali/final.mdl")
for ((job = 1; job <= $(cat "$ali/num_jobs"); job++)); do inputs+=(--input "$ali/ali.$job.gz"); done
outputs=()
for name in targets.ark targets.scp num_classes priors left_out; do outputs+=(--output "$targets/$name"); done
$cmd "${inputs[@]}" "${outputs[@]}" "$targets/log/make_state_targets.log" \
  make_state_targets.py --outputs-per-frame "$outputs_per_frame" --max-left-out "$max_left_out" "$data" "$ali" "$targets"
echo "make_state_targets.sh: $(grep "^targets of" "$targets/log/make_state_targets.log")"
