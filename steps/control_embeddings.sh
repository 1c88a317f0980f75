#!/usr/bin/env bash
# Embeddings of a control, which know nothing of voices: how far recordings and averages alone go.
#
# In:  <train-data-dir>/{feats.scp,utt2spk}, <data-dir>/feats.scp
# Out: <embedding-dir>/embeddings.{ark,scp}; a log in <embedding-dir>/log
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"

cmd=run.py
help_message="Usage: steps/control_embeddings.sh [options] <kind> <train-data-dir> <data-dir> <embedding-dir>
  e.g.: steps/control_embeddings.sh noise-floor data/train data/test exp/noise_floor/test
        steps/control_embeddings.sh mean-std data/train_mfcc data/test_mfcc exp/mean_std/test
kind is noise-floor, the mean of the quietest tenth of the frames, or mean-std, mean and standard deviation of all; either with LDA
Options: --cmd"
. "$ROOT/utils/parse_options.sh"
. "$ROOT/utils/parts.sh"
if [ $# -ne 4 ]; then
  echo "$help_message" >&2
  exit 1
fi
kind=$1 train=${2%/} data=${3%/} embeddings=${4%/}

out=$embeddings/embeddings
inputs=()
table_inputs "$train" feats.scp feats.md5 utt2spk
table_inputs "$data" feats.scp feats.md5
$cmd "${inputs[@]}" --output "$out.ark" --output "$out.scp" "$embeddings/log/control.log" \
  control_embeddings.py "$kind" "$train" "$data" "$out"
echo "control_embeddings.sh: made $kind embeddings of $(wc -l < "$out.scp") utterances of $data"
