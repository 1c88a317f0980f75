#!/usr/bin/env bash
# Train triphones on spliced frames under LDA and MLLT, with a tree grown on the alignments of an earlier model.
#
# Stopped or killed, the same call continues after the last iteration and ends with the same bytes as an undisturbed one.
# --ntasks N trains as N ranks, on --nodes machines.
#
# In:  <data-dir>/{feats.scp,cmvn.scp,utt2num_frames,utt2spk,text} of MFCC, <lang-dir> of utils/prepare_lang.sh, <ali-dir> of a
#      training step or of steps/align_si.sh
# Out: <exp-dir>/{final.mdl,tree,phones.txt,front_end.yaml,ali.N.gz,num_jobs,scores,left_out,oov_counts,config.yaml,em.json,info.json},
#      final.mat (LDA and MLLT), log in <exp-dir>/log
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"

cmd=run.py
train_config=conf/hmm/lda_mllt.yaml
overrides=    # keys of the config to set, separated by blanks: iterations=20 align.beam=200
seed=0        # of splitting Gaussians
num_threads=1 # of each rank
nodes=1
ntasks= # ranks in all; when empty, one for each node
help_message="Usage: steps/train_lda_mllt.sh [options] <num-leaves> <num-gauss> <data-dir> <lang-dir> <ali-dir> <exp-dir>
  e.g.: steps/train_lda_mllt.sh 2500 15000 data/train data/lang exp/tri1 exp/tri2
Options: --cmd, --train-config YAML, --overrides 'KEY=VALUE ...', --seed N, --num-threads N (of each rank), --nodes N,
  --ntasks N (ranks; default: one a node)"
. "$ROOT/utils/parse_options.sh"
. "$ROOT/utils/parts.sh"
. "$ROOT/utils/hmm.sh"
if [ $# -ne 6 ]; then
  echo "$help_message" >&2
  exit 1
fi
leaves=$1 gauss=$2 data=${3%/} lang=${4%/} ali=${5%/} exp=${6%/}
require_files "$train_config"
hmm_inputs "$data" "$lang" "$ali"
train_hmm "$data" "$lang" "$exp" --num-leaves "$leaves" --num-gauss "$gauss" --ali-dir "$ali"
