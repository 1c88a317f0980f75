#!/usr/bin/env bash
# Count the word errors of a decoding: LM weight and word insertion penalty are chosen where <data-dir> is a development set, and taken
# over from there (--like) where it is the test set, which is scored once.
#
# In:  <data-dir>/text, <graph-dir>/words.txt, <decode-dir>/lat.*.gz
# Out: <decode-dir>/{wer_*,scoring_kaldi,result.json} in Kaldi's layout; the summary is printed
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"

cmd=run.py
like=                       # decoding of the development set, scored before, whose best weights are used
min_lm_weight=7             # the grid of LM weights
max_lm_weight=17
word_penalties=0.0,0.5,1.0  # the grid of word insertion penalties
mbr=false                   # true: words of least expected errors (minimum Bayes risk) instead of the best path
not_scored=                 # words left out of references and hypotheses, such as noises, separated by blanks
system=                     # name in tables; the name of the folder above <decode-dir> if not given
condition=                  # name of the set in tables; the name of <data-dir> if not given
info=                       # facts to record, separated by blanks: key=value or file.json (seed, parameters, synthetic, ...)
num_draws=10000             # bootstrap draws behind the interval
help_message="Usage: steps/score.sh [options] <data-dir> <graph-dir> <decode-dir>
  e.g.: steps/score.sh data/dev exp/tri3/graph exp/tri3/decode_dev
        steps/score.sh --like exp/tri3/decode_dev data/test exp/tri3/graph exp/tri3/decode_test
Options: --cmd, --like DIR, --min-lm-weight N, --max-lm-weight N, --word-penalties X,X,..., --mbr true|false, --not-scored 'WORD ...', --system NAME,
  --condition NAME, --info 'KEY=VALUE FILE.json ...', --num-draws N"
. "$ROOT/utils/parse_options.sh"
. "$ROOT/utils/parts.sh"
if [ $# -ne 3 ]; then
  echo "$help_message" >&2
  exit 1
fi
data=${1%/} graph=${2%/} decode=${3%/}

require_files "$data/text" "$graph/words.txt" "$decode/num_jobs"
inputs=(--input "$data/text" --input "$graph/words.txt")
for ((job = 1; job <= $(cat "$decode/num_jobs"); job++)); do inputs+=(--input "$decode/lat.$job.gz"); done
options=(--num-draws "$num_draws" --mbr "$mbr" --condition "${condition:-$(basename "$data")}")
if [ -n "$like" ]; then
  require_files "$like/scoring_kaldi/wer_details/lmwt" "$like/scoring_kaldi/wer_details/wip"
  inputs+=(--input "$like/scoring_kaldi/wer_details/lmwt" --input "$like/scoring_kaldi/wer_details/wip")
  options+=(--like "$like")
else
  options+=(--min-lm-weight "$min_lm_weight" --max-lm-weight "$max_lm_weight" --word-penalties "$word_penalties")
fi
if [ -n "$not_scored" ]; then options+=(--not-scored "$not_scored"); fi
if [ -n "$system" ]; then options+=(--system "$system"); fi
for fact in $info; do
  options+=(--info "$fact")
  case $fact in *=*) ;; *) inputs+=(--input "$fact") ;; esac
done

$cmd "${inputs[@]}" --output "$decode/result.json" "$decode/log/score.log" \
  score_words.py "${options[@]}" "$data/text" "$graph/words.txt" "$decode"
tail -n 3 "$decode/log/score.log" | grep '^WER'
