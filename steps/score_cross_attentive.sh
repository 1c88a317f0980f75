#!/usr/bin/env bash
# Score the trials of a data directory by cross attentive pooling, and measure the errors.
#
# In:  <exp-dir>/final.pt, <data-dir> with trials and utt2spk (or a trial list, with utt2spk beside it), <map-dir> of
#      steps/extract_maps.sh
# Out: <score-dir>/{scores,result.json,summary,det.txt,det.png}; the one line of summary is printed
#
# Each job scores a part of the list, into <score-dir>/parts; one more puts the parts together and measures. What comes out does
# not depend on --nj. A job holds one block of trials and --cache-mb of maps, so its memory does not grow with the list. On one
# thread of a CPU it scores about 1,000 trials a second; it is faster where it can keep the maps of all utterances (1 MB each).
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"

cmd=run.py
nj=1          # number of jobs
enrol_dir=    # map directory of the enrolment side, if it is not <map-dir>
enrol_models= # lines 'model utterance utterance ...', if the enrolment side of the trials names models of several utterances
cache_mb=1000 # memory of each job for maps that are used again
num_threads=1 # of each job
gpu=0         # 1 gives each job a GPU
system=       # name in tables; the name of <exp-dir> if not given
condition=    # name of the trial list in tables; the name of the data directory, or of the list, if not given
info=         # facts to record, separated by blanks: key=value or file.json (seed, parameters, training_seconds, synthetic, ...)
num_draws=1000 # bootstrap draws behind the intervals
help_message="Usage: steps/score_cross_attentive.sh [options] <exp-dir> <data-dir>|<trials> <map-dir> <score-dir>
  e.g.: steps/score_cross_attentive.sh --nj 8 exp/fast_cap data/test exp/fast_cap/test exp/fast_cap/scores_test
Options: --cmd, --nj N, --enrol-dir DIR, --enrol-models FILE, --cache-mb N, --num-threads N (of each job), --gpu 0|1, --system NAME,
  --condition NAME, --info 'KEY=VALUE FILE.json ...', --num-draws N"
. "$ROOT/utils/parse_options.sh"
. "$ROOT/utils/parts.sh"
if [ $# -ne 4 ]; then
  echo "$help_message" >&2
  exit 1
fi
exp=${1%/} data=${2%/} maps=${3%/} scores=${4%/}

trials_of "$data"
device=cpu
if [ "$gpu" -gt 0 ]; then device=cuda; fi
split=$scores/parts/trials.json # where each part of the list lies, and the MD5 of the list
inputs=(--input "$split" --input "$utt2spk" --input "$exp/final.pt")
scoring=(--model "$exp/final.pt" --trials "$trials" --utt2spk "$utt2spk" --maps "$maps" --out "$scores")
machine=(--device "$device" --num-threads "$num_threads" --cache-mb "$cache_mb")
measuring=(--system "${system:-$(basename "$exp")}" --condition "${condition:-$(basename "$data")}" --num-draws "$num_draws")
require_files "$exp/final.pt" ${enrol_models:+"$enrol_models"}
for folder in "$maps" ${enrol_dir:+"$enrol_dir"}; do
  require_files "$folder"/maps.{scp,json,md5}
  inputs+=(--input "$folder/maps.scp" --input "$folder/maps.json" --input "$folder/maps.md5")
  while read -r ark; do inputs+=(--input "$ark"); done < <(cut -d ' ' -f 2- "$folder/maps.scp" | sed 's/:[0-9]*$//' | sort -u)
done
if [ -n "$enrol_dir" ]; then scoring+=(--enrol-maps "$enrol_dir"); fi
if [ -n "$enrol_models" ]; then
  scoring+=(--enrol-models "$enrol_models")
  inputs+=(--input "$enrol_models")
fi
require_nj "$nj" "$trials"
split_trials.py "$trials" "$nj" "$split"

$cmd --num-threads "$num_threads" --gpu "$gpu" "${inputs[@]}" --output "$scores/parts/scored.JOBof$nj.npy" JOB=1:"$nj" \
  "$scores/log/score_trials.JOB.log" score_cross_attentive.py "${scoring[@]}" "${machine[@]}" --part JOB

facts=()
for fact in $info; do
  facts+=(--info "$fact")
  case $fact in *=*) ;; *) inputs+=(--input "$fact") ;; esac
done
$cmd "${inputs[@]}" --output "$scores/scores" --output "$scores/result.json" "$scores/log/measure_trials.log" \
  score_cross_attentive.py "${scoring[@]}" "${measuring[@]}" "${facts[@]}" --merge
remove_old_parts "$scores/parts/scored" "$nj" "$scores/log/score_trials"
cat "$scores/summary"
