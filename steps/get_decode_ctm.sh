#!/usr/bin/env bash
# Write when each recognised word was said, and how sure it is.
#
# In:  <data-dir>, <lang-dir>, <decode-dir>/lat.*.gz and, without --lm-weight, what steps/score.sh left there; the model of the folder above
#      <decode-dir>, or --model
# Out: <decode-dir>/ctm: utterance, 1, start, duration, word, confidence
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"

cmd=run.py
model=         # the model that was decoded with; final.mdl of the folder above <decode-dir> if not given
lm_weight=     # of the best path; what steps/score.sh chose if not given
word_penalty=0 # with lm_weight
help_message="Usage: steps/get_decode_ctm.sh [options] <data-dir> <lang-dir> <decode-dir>
  e.g.: steps/get_decode_ctm.sh data/test data/lang exp/tri3/decode_test
Options: --cmd, --model FILE, --lm-weight X, --word-penalty X"
. "$ROOT/utils/parse_options.sh"
. "$ROOT/utils/parts.sh"
if [ $# -ne 3 ]; then
  echo "$help_message" >&2
  exit 1
fi
data=${1%/} lang=${2%/} decode=${3%/}

model=${model:-$(dirname "$decode")/final.mdl}
require_files "$model" "$lang/words.txt" "$decode/num_jobs"
inputs=(--input "$model" --input "$lang/words.txt")
lexicon_inputs "$lang"
for ((job = 1; job <= $(cat "$decode/num_jobs"); job++)); do inputs+=(--input "$decode/lat.$job.gz"); done
weights=()
if [ -n "$lm_weight" ]; then
  weights=(--lm-weight "$lm_weight" --word-penalty "$word_penalty")
else
  details=$decode/scoring_kaldi/wer_details
  require_files "$details/lmwt" "$details/wip"
  inputs+=(--input "$details/lmwt" --input "$details/wip")
fi
$cmd "${inputs[@]}" --output "$decode/ctm" "$decode/log/get_ctm.log" \
  lattices_to_ctm.py "${weights[@]}" "$model" "$lang" "$data" "$decode"
echo "get_decode_ctm.sh: made $decode/ctm of $(cut -d ' ' -f 1 "$decode/ctm" | uniq | wc -l) utterances"
