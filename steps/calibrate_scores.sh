#!/usr/bin/env bash
# Turn scores into log-likelihood ratios by a calibration, fusing those of several systems if it was trained so, and measure them.
#
# In:  <data-dir> with trials and utt2spk (or a trial list, with utt2spk beside it); <calibration> of steps/train_calibration.sh;
#      <score-dir>/{scores,result.json} of that list, of each system in the order of training
# Out: <out-dir>/{scores,result.json,summary,det.txt,det.png}; result.json has Cllr too; the one line of summary is printed
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"

cmd=run.py
quality=       # quality directories of steps/measure_quality.sh that cover the utterances of the trials, if the calibration uses any
enrol_models=  # as the list was scored with
system=        # name in tables; that of the first system if not given
num_draws=1000 # bootstrap draws behind the intervals
help_message="Usage: steps/calibrate_scores.sh [options] <data-dir>|<trials> <calibration> <score-dir> [<score-dir> ...] <out-dir>
  e.g.: steps/calibrate_scores.sh --quality exp/xvector/test/quality data/test exp/xvector/calibration.json \\
          exp/xvector/scores_test exp/xvector/scores_test_calibrated
Options: --cmd, --quality 'DIR ...', --enrol-models FILE, --system NAME, --num-draws N"
. "$ROOT/utils/parse_options.sh"
. "$ROOT/utils/parts.sh"
if [ $# -lt 4 ]; then
  echo "$help_message" >&2
  exit 1
fi
calibration=$2 scores=("${@:3:$#-3}") out=${*: -1}
out=${out%/}

trials_of "$1"
options=(--trials "$trials" --utt2spk "$utt2spk" --num-draws "$num_draws" --out "$out")
files=("$trials" "$utt2spk" "$calibration")
for folder in "${scores[@]}"; do files+=("$folder/scores" "$folder/result.json"); done
for folder in $quality; do options+=(--quality "$folder"); done
if [ -n "$system" ]; then options+=(--system "$system"); fi
if [ -n "$enrol_models" ]; then
  options+=(--enrol-models "$enrol_models")
  files+=("$enrol_models")
fi
require_files "${files[@]}"
inputs=()
for file in "${files[@]}"; do inputs+=(--input "$file"); done
for folder in $quality; do table_inputs "$folder" log_dur log_magnitude cohort_mean; done
$cmd "${inputs[@]}" --output "$out/scores" --output "$out/result.json" "$out/log/calibrate_scores.log" \
  calibrate_scores.py "${options[@]}" "$calibration" "${scores[@]}"
cat "$out/summary"
