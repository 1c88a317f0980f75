#!/usr/bin/env bash
# Train a lip reader. Stopped or killed, the same call continues at the last checkpoint and ends with the same bytes as an
# undisturbed one.
#
# --ntasks N trains as N ranks, on --nodes machines, with --gpu GPUs on each. Each rank takes its share of every batch. On a cluster, a
# job that reaches its time limit saves its state and is submitted again by itself (see utils/slurm.py).
#
# In:  <data-dir>/lips.scp, <targets-dir>/num_classes and targets.scp (of states) or tokens.scp (of CTC); the same of held-out clips
# Out: <exp-dir>/{final.pt,priors (of states),config.yaml,info.json,train.jsonl,tensorboard/,log/train.log}
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"

cmd=run.py
train_config=conf/train.yaml # the system and its training
overrides=                   # keys of the config to set, separated by blanks: training.epochs=3 visual.omega=1
seed=0
init=          # a final.pt to start from; random weights when empty
valid_data=    # held-out clips, measured after each epoch
valid_targets= # and their targets
num_threads=2  # of each rank
gpu=0          # GPUs on each node; 1 or more trains on them
nodes=1
ntasks= # ranks in all; when empty, one for each GPU, or one for each node where there is none
help_message="Usage: steps/train_lips.sh [options] <data-dir> <targets-dir> <exp-dir>
  e.g.: steps/train_lips.sh --train-config conf/stires3d.yaml --valid-data data/dev --valid-targets exp/tri3_ali_dev/targets \\
          data/train exp/tri3_ali/targets exp/stires3d
Options: --cmd, --train-config YAML, --overrides 'KEY=VALUE ...', --seed N, --init MODEL, --valid-data DIR, --valid-targets DIR,
         --num-threads N (of each rank), --gpu N (on each node), --nodes N, --ntasks N (ranks; default: nodes x GPUs)"
. "$ROOT/utils/parse_options.sh"
. "$ROOT/utils/parts.sh"
. "$ROOT/utils/training.sh"
if [ $# -ne 3 ]; then
  echo "$help_message" >&2
  exit 1
fi
data=${1%/} targets=${2%/} exp=${3%/}
require_files "$train_config" "$data/lips.scp" "$targets/num_classes" ${init:+"$init"}

training_arguments
if [ -n "$valid_data" ]; then arguments+=(--valid "$valid_data"); fi
if [ -n "$valid_targets" ]; then arguments+=(--valid-targets "$valid_targets"); fi
for folder in "$data" ${valid_data:+"$valid_data"}; do
  table_inputs "$folder" lips.scp lips.md5
done
for folder in "$targets" ${valid_targets:+"$valid_targets"}; do
  table_inputs "$folder" num_classes priors
  for table in targets.scp tokens.scp; do
    if [ -f "$folder/$table" ]; then ark_inputs "$folder/$table"; fi
  done
done

$cmd --num-threads "$num_threads" --gpu "$gpu" "${ranks[@]}" "${inputs[@]}" --output "$exp/final.pt" "$exp/log/train.log" \
  train_lips.py "${arguments[@]}" "$data" "$targets" "$exp"
rm -f "$exp"/.*.tmp # what a killed run was writing
echo "train_lips.sh: trained $exp/final.pt"
