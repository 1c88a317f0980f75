#!/usr/bin/env bash
# Train a speaker-embedding network. Stopped or killed, the same call continues at the last checkpoint and ends with the
# same bytes as an undisturbed one.
#
# --ntasks N trains as N ranks, on --nodes machines, with --gpu GPUs on each. Each rank takes its share of every batch:
# training.batch_size stays the size of the whole, and must be a multiple of N. On a cluster, a job that reaches its time
# limit saves its state and is submitted again by itself (see utils/slurm.py).
#
# In:  <data-dir>/{feats.scp,utt2spk,utt2num_frames} (or wav.scp and utt2dur, where the config takes waveforms)
# Out: <exp-dir>/{final.pt,config.yaml,info.json,speakers,train.jsonl,tensorboard/,log/train.log}
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"

cmd=run.py
train_config=conf/train.yaml # the system and its training
overrides=                   # keys of the config to set, separated by blanks: training.epochs=3 loss.margin=0.1
seed=0
init=         # a final.pt to start from (large-margin fine-tuning, say); random weights when empty
valid_data=   # utterances of the training speakers, held out for validation
num_threads=2 # of each rank
gpu=0         # GPUs on each node; 1 or more trains on them
nodes=1
ntasks= # ranks in all; when empty, one for each GPU, or one for each node where there is none
help_message="Usage: steps/train_embedding.sh [options] <data-dir> <exp-dir>
  e.g.: steps/train_embedding.sh --train-config conf/resnet.yaml --seed 1 data/train exp/resnet
        steps/train_embedding.sh --train-config conf/resnet.yaml --overrides 'training.epochs=2' data/train exp/try
        steps/train_embedding.sh --train-config conf/large_margin.yaml --init exp/resnet/final.pt data/train exp/resnet_lm
        steps/train_embedding.sh --cmd slurm.py --nodes 2 --gpu 4 data/train exp/large
Options: --cmd, --train-config YAML, --overrides 'KEY=VALUE ...', --seed N, --init MODEL, --valid-data DIR, --num-threads N (of each rank),
         --gpu N (on each node), --nodes N, --ntasks N (ranks; default: nodes x GPUs)"
. "$ROOT/utils/parse_options.sh"
. "$ROOT/utils/parts.sh"
. "$ROOT/utils/training.sh"
if [ $# -ne 2 ]; then
  echo "$help_message" >&2
  exit 1
fi
data=${1%/} exp=${2%/}
require_files "$train_config" "$data/utt2spk" ${init:+"$init"}

training_arguments
if [ -n "$valid_data" ]; then arguments+=(--valid "$valid_data"); fi
for folder in "$data" ${valid_data:+"$valid_data"}; do
  table_inputs "$folder" feats.scp feats.md5 utt2spk utt2num_frames wav.scp segments utt2dur
done

$cmd --num-threads "$num_threads" --gpu "$gpu" "${ranks[@]}" "${inputs[@]}" --output "$exp/final.pt" "$exp/log/train.log" \
  train_embedding.py "${arguments[@]}" "$data" "$exp"
rm -f "$exp"/.*.tmp # what a killed run was writing
echo "train_embedding.sh: trained $exp/final.pt"
