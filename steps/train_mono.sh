#!/usr/bin/env bash
# Train monophones on transcripts alone; the first alignment follows the energy.
#
# Stopped or killed, the same call continues after the last iteration and ends with the same bytes as an undisturbed one.
# --ntasks N trains as N ranks, on --nodes machines.
#
# In:  <data-dir>/{feats.scp,cmvn.scp,utt2num_frames,utt2spk,text} of MFCC, <lang-dir> of utils/prepare_lang.sh
# Out: <exp-dir>/{final.mdl,tree,phones.txt,front_end.yaml,ali.N.gz,num_jobs,scores,left_out,oov_counts,config.yaml,em.json,info.json},
#      log in <exp-dir>/log
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"

cmd=run.py
train_config=conf/hmm/mono.yaml
overrides=    # keys of the config to set, separated by blanks: iterations=20 align.beam=200
totgauss=1000 # Gaussians in all
seed=0        # of splitting Gaussians and of first alignments
num_threads=1 # of each rank
nodes=1
ntasks= # ranks in all; when empty, one for each node
help_message="Usage: steps/train_mono.sh [options] <data-dir> <lang-dir> <exp-dir>
  e.g.: steps/train_mono.sh data/train data/lang exp/mono
Options: --cmd, --train-config YAML, --overrides 'KEY=VALUE ...', --totgauss N, --seed N, --num-threads N (of each rank), --nodes N,
  --ntasks N (ranks; default: one a node)"
. "$ROOT/utils/parse_options.sh"
. "$ROOT/utils/parts.sh"
. "$ROOT/utils/hmm.sh"
if [ $# -ne 3 ]; then
  echo "$help_message" >&2
  exit 1
fi
data=${1%/} lang=${2%/} exp=${3%/}
require_files "$train_config"
hmm_inputs "$data" "$lang"
train_hmm "$data" "$lang" "$exp" --num-gauss "$totgauss"
