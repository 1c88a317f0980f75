#!/usr/bin/env bash
# Train an i-vector system: a UBM with full covariances, then the total variability model over it. Stopped or killed, the same
# call continues after the last iteration of EM and ends with the same bytes as an undisturbed one.
#
# --ntasks N trains as N ranks, on --nodes machines, with --gpu GPUs on each. A job that is asked to stop finishes the iteration
# in hand first: on a cluster, give it that much warning before its time limit (see utils/slurm.py).
# While the second part runs, the statistics of all utterances lie in <exp-dir>/stats: 4 bytes times Gaussians times (dimensions + 1)
# for each utterance, that is 164 kB with conf/ivector.yaml.
#
# In:  <data-dir>/{feats.scp,utt2num_frames} of MFCC, and vad.scp (unless the config says vad: false)
# Out: <exp-dir>/{final.pt,config.yaml,info.json,em.json,ubm.pt,log/train.log}
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"

cmd=run.py
train_config=conf/ivector.yaml
overrides=      # keys of the config to set, separated by blanks: ubm.num_gauss=64 extractor.ivector_dim=50
seed=0
allow_missing=0 # utterances without any speech frame to go on without
num_threads=2   # of each rank
gpu=0           # GPUs on each node; 1 or more trains on them
nodes=1
ntasks= # ranks in all; when empty, one for each GPU, or one for each node where there is none
help_message="Usage: steps/train_ivector.sh [options] <data-dir> <exp-dir>
  e.g.: steps/train_ivector.sh --train-config conf/ivector.yaml data/train exp/ivector
        steps/train_ivector.sh --overrides 'ubm.num_gauss=64 extractor.ivector_dim=50' data/train exp/small
        steps/train_ivector.sh --cmd slurm.py --nodes 4 data/train exp/ivector
Options: --cmd, --train-config YAML, --overrides 'KEY=VALUE ...', --seed N, --allow-missing N, --num-threads N (of each rank),
         --gpu N (on each node), --nodes N, --ntasks N (ranks; default: nodes x GPUs)"
. "$ROOT/utils/parse_options.sh"
. "$ROOT/utils/parts.sh"
if [ $# -ne 2 ]; then
  echo "$help_message" >&2
  exit 1
fi
data=${1%/} exp=${2%/}
require_files "$train_config" "$data/feats.scp" "$data/utt2num_frames"

arguments=(--config "$train_config" --seed "$seed" --allow-missing "$allow_missing" --num-threads "$num_threads")
for override in $overrides; do
  arguments+=(--set "$override")
done
if [ "$gpu" -gt 0 ]; then arguments+=(--device cuda); fi
resources=(--num-threads "$num_threads" --gpu "$gpu")
ntasks=${ntasks:-$((nodes * (gpu > 0 ? gpu : 1)))}
if [ "$ntasks" -gt 1 ]; then resources+=(--nodes "$nodes" --ntasks "$ntasks"); fi
inputs=(--input "$train_config")
table_inputs "$data" feats.scp feats.md5 utt2num_frames vad.scp

$cmd "${resources[@]}" "${inputs[@]}" --output "$exp/final.pt" "$exp/log/train.log" train_ivector.py "${arguments[@]}" "$data" "$exp"
rm -f "$exp"/.*.tmp # what a killed run was writing
echo "train_ivector.sh: trained $exp/final.pt"
