#!/usr/bin/env bash
# Decode a data directory with a model trained on fMLLR features: once without transforms, then, with transforms of each speaker estimated
# from that, once more.
#
# In:  as steps/decode.sh, with a model of steps/train_sat.sh
# Out: <decode-dir>.si, the first decoding; <decode-dir>, the second, with trans.1
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"

cmd=run.py
nj=4                 # number of jobs
num_threads=1        # utterances that a job decodes at once
model_dir=           # of steps/train_sat.sh; the folder above <decode-dir> if not given
beam=13              # of the search
first_beam=10        # of the first decoding
lattice_beam=6       # of the lattices
max_active=7000      # tokens that are extended each frame, at most
min_active=200       # and at least, whatever the beam
acoustic_scale=0.083333
lm_weight=12         # at which the first decoding's best paths are taken
max_failed=0         # utterances of each job without any path that are accepted
help_message="Usage: steps/decode_fmllr.sh [options] <graph-dir> <data-dir> <decode-dir>
  e.g.: steps/decode_fmllr.sh --nj 8 exp/tri3/graph data/test exp/tri3/decode_test
Options: --cmd, --nj N, --num-threads N, --model-dir DIR, --beam X, --first-beam X, --lattice-beam X, --max-active N, --min-active N,
  --acoustic-scale X, --lm-weight X, --max-failed N"
. "$ROOT/utils/parse_options.sh"
. "$ROOT/utils/parts.sh"
if [ $# -ne 3 ]; then
  echo "$help_message" >&2
  exit 1
fi
graph=${1%/} data=${2%/} decode=${3%/}

model=${model_dir:-$(dirname "$decode")}
decoding=("$ROOT/steps/decode.sh" --cmd "$cmd" --nj "$nj" --num-threads "$num_threads" --model-dir "$model" --lattice-beam "$lattice_beam"
  --max-active "$max_active" --min-active "$min_active" --acoustic-scale "$acoustic_scale" --max-failed "$max_failed")

"${decoding[@]}" --beam "$first_beam" "$graph" "$data" "$decode.si"
inputs=(--input "$model/final.mdl" --input "$graph/phones/silence.int")
table_inputs "$model" front_end.yaml final.mat
table_inputs "$data" feats.scp feats.md5 cmvn.scp utt2spk
for ((job = 1; job <= nj; job++)); do inputs+=(--input "$decode.si/lat.$job.gz"); done
$cmd "${inputs[@]}" --output "$decode/trans.1" "$decode/log/fmllr.log" \
  estimate_fmllr.py --lm-weight "$lm_weight" "$model" "$graph" "$data" "$decode.si" "$decode/trans.1"
"${decoding[@]}" --beam "$beam" --transforms "$decode/trans.1" "$graph" "$data" "$decode"
