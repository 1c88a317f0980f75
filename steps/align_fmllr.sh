#!/usr/bin/env bash
# Align a data directory with a model, adapting to each speaker: an alignment without fMLLR, from that fMLLR, and an alignment with it.
#
# In:  <data-dir>/{feats.scp,cmvn.scp,utt2num_frames,utt2spk,text}, <lang-dir> of utils/prepare_lang.sh, <model-dir> of a training step
# Out: <exp-dir>/{ali.N.gz,num_jobs,scores,left_out,oov_counts},
#      trans.1 (fMLLR by speaker), and the model: {final.mdl,tree,phones.txt,front_end.yaml} with
#      final.mat and final.alimdl where <model-dir> has them; log in <exp-dir>/log
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"

cmd=run.py
beam=300        # nats of acoustic log-likelihood: Kaldi's beams times 10
retry_beam=1200 # where the beam finds no path
num_threads=1   # of each rank
nodes=1
ntasks= # ranks in all; when empty, one for each node
help_message="Usage: steps/align_fmllr.sh [options] <data-dir> <lang-dir> <model-dir> <exp-dir>
  e.g.: steps/align_fmllr.sh data/train data/lang exp/tri3 exp/tri3_ali
Options: --cmd, --beam NATS, --retry-beam NATS, --num-threads N (of each rank), --nodes N, --ntasks N (ranks; default: one a node)"
. "$ROOT/utils/parse_options.sh"
. "$ROOT/utils/parts.sh"
. "$ROOT/utils/hmm.sh"
if [ $# -ne 4 ]; then
  echo "$help_message" >&2
  exit 1
fi
data=${1%/} lang=${2%/} model=${3%/} exp=${4%/}
hmm_inputs "$data" "$lang" "$model"
align_hmm "$data" "$lang" "$model" "$exp" --fmllr true
