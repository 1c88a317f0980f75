#!/usr/bin/env bash
# Score the classification of clips, by clip and by recording. How train and test were split goes into every result.
#
# In:  <split-dir>/{split.json,test/utt2spk} of utils/split_recordings.sh; <data-dir>/utt2spk, with segments or utt2rec;
#      <posterior-dir>/{posteriors.scp,classes} of steps/classify_clips.sh or steps/control_classes.sh
# Out: <score-dir>/{result.json,confusion.png,decisions}, a log in <score-dir>/log; the summary is printed
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"

cmd=run.py
system=        # name in tables; the name of the folder above <posterior-dir> if not given
features=-     # what the system heard, in tables
condition=     # name of the set of clips in tables; the name of <data-dir> if not given
info=          # facts to record, separated by blanks: key=value or file.json (seed, parameters, synthetic, ...)
num_draws=1000 # bootstrap draws behind the intervals
help_message="Usage: steps/score_classes.sh [options] <split-dir> <data-dir> <posterior-dir> <score-dir>
  e.g.: steps/score_classes.sh --system crnn --features mel128 data/split data/split/test exp/crnn/test exp/crnn/scores_test
Options: --cmd, --system NAME, --features NAME, --condition NAME, --info 'KEY=VALUE FILE.json ...', --num-draws N"
. "$ROOT/utils/parse_options.sh"
. "$ROOT/utils/parts.sh"
if [ $# -ne 4 ]; then
  echo "$help_message" >&2
  exit 1
fi
split=${1%/} data=${2%/} posteriors=${3%/} scores=${4%/}

require_made "$split/split.json" utils/split_recordings.sh
require_made "$posteriors/posteriors.scp" "steps/classify_clips.sh or steps/control_classes.sh"
require_files "$split/test/utt2spk" "$data/utt2spk" "$posteriors/classes"
inputs=(--input "$split/split.json" --input "$split/test/utt2spk" --input "$posteriors/classes")
table_inputs "$data" utt2spk utt2rec segments
ark_inputs "$posteriors/posteriors.scp"
options=(--features "$features" --condition "${condition:-$(basename "$data")}" --num-draws "$num_draws")
if [ -n "$system" ]; then options+=(--system "$system"); fi
for fact in $info; do
  options+=(--info "$fact")
  case $fact in *=*) ;; *) inputs+=(--input "$fact") ;; esac
done

$cmd "${inputs[@]}" --output "$scores/result.json" --output "$scores/confusion.png" --output "$scores/decisions" "$scores/log/score.log" \
  score_classes.py "${options[@]}" "$split" "$data" "$posteriors" "$scores"
grep -h -A 1 '^accuracy ' "$scores/log/score.log" | tail -n 2
