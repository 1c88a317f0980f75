#!/usr/bin/env bash
# Decode the posteriors of a CTC network: greedily, or by prefix beam search with an n-gram model of words or a grammar of slots.
#
# In:  <tokens-dir> of steps/make_tokens.sh, <data-dir>/utt2spk, <post-scp> with log posteriors, frames x classes, of each utterance
# Out: <decode-dir>/{lat.1.gz,num_jobs,words.txt}, the hypotheses as lattices, which steps/score.sh scores with <decode-dir> for its graph;
#      LM weight 10 counts network and language model alike. The best words of each utterance in <decode-dir>/log
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"

cmd=run.py
num_threads=1  # utterances decoded at once
lm=            # n-gram model of words, an ARPA file
grammar=       # or a grammar: one word of each line in turn; greedy if neither is given
beam=256       # prefixes kept in each frame
lm_weight=1.0  # of the language model in the search; steps/score.sh tries others on what is found
oov_cost=inf   # nats that a word outside the language model costs beside the probability of <unk>; inf: there are none
help_message="Usage: steps/decode_ctc.sh [options] <tokens-dir> <data-dir> <post-scp> <decode-dir>
  e.g.: steps/decode_ctc.sh exp/characters/train data/test exp/ctc/test/post.scp exp/ctc/greedy_test
        steps/decode_ctc.sh --lm exp/lm/4gram.arpa.gz exp/characters/train data/dev exp/ctc/dev/post.scp exp/ctc/decode_dev
        steps/score.sh --min-lm-weight 1 data/dev exp/ctc/decode_dev exp/ctc/decode_dev
Options: --cmd, --num-threads N, --lm ARPA, --grammar FILE, --beam N, --lm-weight X, --oov-cost X"
. "$ROOT/utils/parse_options.sh"
. "$ROOT/utils/parts.sh"
if [ $# -ne 4 ]; then
  echo "$help_message" >&2
  exit 1
fi
tokens=${1%/} data=${2%/} post=$3 decode=${4%/}

require_files "$tokens/tokens.txt" "$data/utt2spk" "$post" ${lm:+"$lm"} ${grammar:+"$grammar"}
inputs=(--input "$data/utt2spk")
table_inputs "$tokens" tokens.txt sentencepiece.model
ark_inputs "$post"
options=(--num-threads "$num_threads" --beam "$beam" --lm-weight "$lm_weight" --oov-cost "$oov_cost")
if [ -n "$lm" ]; then inputs+=(--input "$lm") options+=(--lm "$lm"); fi
if [ -n "$grammar" ]; then inputs+=(--input "$grammar") options+=(--grammar "$grammar"); fi

rm -f "$decode/num_jobs" # without it nobody reads parts of two calls together
$cmd --num-threads "$num_threads" "${inputs[@]}" --output "$decode/lat.1.gz" --output "$decode/words.txt" --output "$decode/num_jobs" \
  "$decode/log/decode.log" decode_ctc.py "${options[@]}" "$tokens" "$data" "$post" "$decode"
echo "decode_ctc.sh: decoded $(wc -l < "$data/utt2spk") utterances of $data into $decode"
