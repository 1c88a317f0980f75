#!/usr/bin/env bash
# Train a PLDA back end on the embeddings of training speakers, who must not be those of any trials it is to score.
#
# In:  <data-dir>/utt2spk, <embedding-dir>/embeddings.scp
# Out: <plda>, the model that steps/score_trials.sh --plda takes; its log, with the likelihood after each step, in log/ beside it
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"

cmd=run.py
lda_dim=     # project to so many dimensions by LDA first
num_iters=20 # EM steps
help_message="Usage: steps/train_plda.sh [options] <data-dir> <embedding-dir> <plda>
  e.g.: steps/train_plda.sh --lda-dim 128 data/train exp/xvector/train exp/xvector/plda.npz
Options: --cmd, --lda-dim N, --num-iters N"
. "$ROOT/utils/parse_options.sh"
. "$ROOT/utils/parts.sh"
if [ $# -ne 3 ]; then
  echo "$help_message" >&2
  exit 1
fi
data=${1%/} embeddings=${2%/} plda=$3

require_files "$data/utt2spk" "$embeddings/embeddings.scp"
inputs=(--input "$data/utt2spk")
embedding_inputs "$embeddings"
options=(--num-iters "$num_iters")
if [ -n "$lda_dim" ]; then options+=(--lda-dim "$lda_dim"); fi
$cmd "${inputs[@]}" --output "$plda" "$(dirname "$plda")/log/train_plda.log" \
  train_plda.py "${options[@]}" "$embeddings/embeddings.scp" "$data/utt2spk" "$plda"
echo "train_plda.sh: made $plda from $(wc -l < "$embeddings/embeddings.scp") utterances of $data"
