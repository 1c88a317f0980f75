#!/usr/bin/env bash
# Train the calibration of a system's scores, or the fusion of several systems' scores of one list.
#
# In:  <data-dir> with trials and utt2spk (or a trial list, with utt2spk beside it), of speakers held out from the systems' training
#      and from the test; <score-dir>/{scores,result.json} of that list, of each system
# Out: <calibration>, JSON; its weights in log/ beside it
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"

cmd=run.py
p_target=0.05                                # prior of a target trial to train for
quality=                                     # quality directories of steps/measure_quality.sh that cover the utterances of the trials
measures="log_dur log_magnitude cohort_mean" # which of their measures to use, if there is a quality directory
enrol_models=                                # as the list was scored with
help_message="Usage: steps/train_calibration.sh [options] <data-dir>|<trials> <score-dir> [<score-dir> ...] <calibration>
  e.g.: steps/train_calibration.sh --quality exp/xvector/held_out/quality data/held_out exp/xvector/scores_held_out exp/xvector/calibration.json
        steps/train_calibration.sh data/held_out exp/xvector/scores_held_out exp/resnet/scores_held_out exp/fusion/calibration.json
Options: --cmd, --p-target P, --quality 'DIR ...', --measures 'NAME ...', --enrol-models FILE"
. "$ROOT/utils/parse_options.sh"
. "$ROOT/utils/parts.sh"
if [ $# -lt 3 ]; then
  echo "$help_message" >&2
  exit 1
fi
scores=("${@:2:$#-2}") calibration=${*: -1}

trials_of "$1"
options=(--trials "$trials" --utt2spk "$utt2spk" --p-target "$p_target" --out "$calibration")
files=("$trials" "$utt2spk")
for folder in "${scores[@]}"; do files+=("$folder/scores" "$folder/result.json"); done
for folder in $quality; do
  options+=(--quality "$folder")
  for measure in $measures; do files+=("$folder/$measure"); done
done
if [ -n "$quality" ]; then
  for measure in $measures; do options+=(--measure "$measure"); done
fi
if [ -n "$enrol_models" ]; then
  options+=(--enrol-models "$enrol_models")
  files+=("$enrol_models")
fi
require_files "${files[@]}"
inputs=()
for file in "${files[@]}"; do inputs+=(--input "$file"); done
$cmd "${inputs[@]}" --output "$calibration" "$(dirname "$calibration")/log/train_calibration.log" \
  train_calibration.py "${options[@]}" "${scores[@]}"
echo "train_calibration.sh: made $calibration from $(wc -l < "$trials") trials of $trials"
