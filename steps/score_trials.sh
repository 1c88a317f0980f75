#!/usr/bin/env bash
# Score the trials of a data directory and measure the errors.
#
# In:  <data-dir> with trials and utt2spk (or a trial list, with utt2spk beside it), <embedding-dir>/embeddings.scp
#      (and the same of training speakers for --norm mean and asnorm)
# Out: <score-dir>/{scores,result.json,summary,det.txt,det.png}; the one line of summary is printed
#
# Each job scores a part of the list, into <score-dir>/parts; one more puts the parts together and measures. What comes out does
# not depend on --nj. A job holds the embeddings and one block of trials, so its memory does not grow with the list.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"

cmd=run.py
nj=1              # number of jobs
norm=none         # none: cosine; inner: inner product, for means of windows; mean: cosine less the mean of the cohort; asnorm: that, then adaptive score normalisation
plda=             # model of steps/train_plda.sh to score by instead of by cosine; --norm none or asnorm goes with it
top_n=50          # AS-norm: nearest cohort speakers
cohort_data=      # data directory of training speakers (its utt2spk), for mean and asnorm
cohort_dir=       # embedding directory of the same
enrol_dir=        # embedding directory of the enrolment side, if it is not <embedding-dir>
enrol_models=     # lines 'model utterance utterance ...', if the enrolment side of the trials names models of several utterances
system=           # name in tables; the name of the folder above <score-dir> if not given
condition=        # name of the trial list in tables; the name of the data directory, or of the list, if not given
info=             # facts to record, separated by blanks: key=value or file.json (seed, parameters, training_seconds, synthetic, ...)
num_draws=1000    # bootstrap draws behind the intervals
help_message="Usage: steps/score_trials.sh [options] <data-dir>|<trials> <embedding-dir> <score-dir>
  e.g.: steps/score_trials.sh --norm asnorm --cohort-data data/train --cohort-dir exp/xvector/train \\
          data/test exp/xvector/test exp/xvector/scores_test
Options: --cmd, --nj N, --norm none|inner|mean|asnorm, --plda FILE, --top-n N, --cohort-data DIR, --cohort-dir DIR, --enrol-dir DIR,
  --enrol-models FILE, --system NAME, --condition NAME, --info 'KEY=VALUE FILE.json ...', --num-draws N"
. "$ROOT/utils/parse_options.sh"
. "$ROOT/utils/parts.sh"
if [ $# -ne 3 ]; then
  echo "$help_message" >&2
  exit 1
fi
data=${1%/} embeddings=${2%/} scores=${3%/}

trials_of "$data"
split=$scores/parts/trials.json # where each part of the list lies, and the MD5 of the list
inputs=(--input "$split" --input "$utt2spk")
scoring=(--trials "$trials" --utt2spk "$utt2spk" --embeddings "$embeddings/embeddings.scp" --norm "$norm" --top-n "$top_n")
measuring=(--system "${system:-$(basename "$(dirname "$scores")")}" --condition "${condition:-$(basename "$data")}"
  --num-draws "$num_draws")
folders=(--out "$scores")
embedding_inputs "$embeddings"
if [ -n "$enrol_dir" ]; then
  embedding_inputs "$enrol_dir"
  folders+=(--enrol-embeddings "$enrol_dir/embeddings.scp")
fi
if [ -n "$cohort_dir" ]; then
  embedding_inputs "$cohort_dir"
  folders+=(--cohort "$cohort_dir/embeddings.scp")
fi
# option_file <option> <file>: give the command this file, if there is one.
option_file() {
  if [ -n "$2" ]; then
    require_files "$2"
    inputs+=(--input "$2")
    folders+=("$1" "$2")
  fi
}
option_file --cohort-utt2spk "${cohort_data:+$cohort_data/utt2spk}"
option_file --plda "$plda"
option_file --enrol-models "$enrol_models"
require_nj "$nj" "$trials"
split_trials.py "$trials" "$nj" "$split"

$cmd "${inputs[@]}" --output "$scores/parts/scored.JOBof$nj.npy" JOB=1:"$nj" "$scores/log/score_trials.JOB.log" \
  score_trials.py "${scoring[@]}" "${folders[@]}" --part JOB

facts=()
for fact in $info; do
  facts+=(--info "$fact")
  case $fact in *=*) ;; *) inputs+=(--input "$fact") ;; esac
done
$cmd "${inputs[@]}" --output "$scores/scores" --output "$scores/result.json" "$scores/log/measure_trials.log" \
  score_trials.py "${scoring[@]}" "${measuring[@]}" "${folders[@]}" "${facts[@]}" --merge
remove_old_parts "$scores/parts/scored" "$nj" "$scores/log/score_trials"
cat "$scores/summary"
