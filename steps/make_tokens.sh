#!/usr/bin/env bash
# Make the tokens of a CTC network, characters or sentencepiece units of the training set's transcripts, and write transcripts in them.
#
# In:  <data-dir>/text; with --like, <tokens-dir> of the training set
# Out: <tokens-dir>/{tokens.txt,num_classes,tokens.ark,tokens.scp}, class 0 the blank; sentencepiece.model for pieces
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"

cmd=run.py
unit=characters # or pieces, sentencepiece units
num_pieces=500  # at most
like=           # take the tokens of this folder, of the training set
help_message="Usage: steps/make_tokens.sh [options] <data-dir> <tokens-dir>
  e.g.: steps/make_tokens.sh data/train exp/characters/train
        steps/make_tokens.sh --like exp/characters/train data/dev exp/characters/dev
Options: --cmd, --unit characters|pieces, --num-pieces N, --like DIR"
. "$ROOT/utils/parse_options.sh"
. "$ROOT/utils/parts.sh"
if [ $# -ne 2 ]; then
  echo "$help_message" >&2
  exit 1
fi
data=${1%/} tokens=${2%/}

require_files "$data/text"
inputs=(--input "$data/text")
if [ -n "$like" ]; then
  require_files "$like/tokens.txt"
  table_inputs "$like" tokens.txt sentencepiece.model
  options=(--like "$like")
else
  options=(--unit "$unit" --num-pieces "$num_pieces")
fi
outputs=()
for name in tokens.txt num_classes tokens.ark tokens.scp; do outputs+=(--output "$tokens/$name"); done
$cmd "${inputs[@]}" "${outputs[@]}" "$tokens/log/make_tokens.log" make_tokens.py "${options[@]}" "$data" "$tokens"
echo "make_tokens.sh: $(grep " utterances of " "$tokens/log/make_tokens.log")"
