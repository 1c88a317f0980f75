#!/usr/bin/env bash
# Decode a data directory with a graph.
#
# In:  <graph-dir> of utils/mkgraph.sh; the model, in the folder above <decode-dir> or --model-dir; <data-dir>/{feats.scp,cmvn.scp,utt2spk},
#      or, with --log-likes, an scp of frames x pdfs of each utterance: log-likelihoods, or, with --priors, a network's log posteriors
# Out: <decode-dir>/lat.<job>.gz, determinised lattices in Kaldi's format, and num_jobs; the words of each utterance in <decode-dir>/log
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"

cmd=run.py
nj=4                 # number of jobs
num_threads=1        # utterances that a job decodes at once
model_dir=           # of a training step; the folder above <decode-dir> if not given
log_likes=           # scp of log-likelihoods, or of log posteriors; scores of the model's mixtures if not given
priors=              # of steps/train_lips.sh: --log-likes are log posteriors, and lose these log priors
prior_scale=1.0      # of those log priors
transforms=          # ark of fMLLR by speaker, as steps/decode_fmllr.sh makes it; none if not given
beam=13              # of the search
lattice_beam=6       # of the lattices
max_active=7000      # tokens that are extended each frame, at most
min_active=200       # and at least, whatever the beam
acoustic_scale=0.083333
max_failed=0         # utterances of each job without any path that are accepted
help_message="Usage: steps/decode.sh [options] <graph-dir> <data-dir> <decode-dir>
  e.g.: steps/decode.sh --nj 8 exp/tri3/graph data/test exp/tri3/decode_test
        steps/decode.sh --model-dir exp/tri3 --log-likes exp/net/test/post.scp --priors exp/net/priors exp/tri3/graph data/test \\
          exp/net/decode_test
Options: --cmd, --nj N, --num-threads N, --model-dir DIR, --log-likes SCP, --priors FILE, --prior-scale X, --transforms ARK, --beam X,
  --lattice-beam X, --max-active N, --min-active N, --acoustic-scale X, --max-failed N"
. "$ROOT/utils/parse_options.sh"
. "$ROOT/utils/parts.sh"
if [ $# -ne 3 ]; then
  echo "$help_message" >&2
  exit 1
fi
graph=${1%/} data=${2%/} decode=${3%/}

model=${model_dir:-$(dirname "$decode")}
require_files "$model/final.mdl" "$graph/HCLG.fst" "$graph/words.txt" "$data/utt2spk"
require_nj "$nj" "$data/utt2spk"
split=$data/split${nj}utt
inputs=(--input "$model/final.mdl" --input "$graph/HCLG.fst" --input "$graph/words.txt" --input "$split/JOB/utt2spk")
options=(--num-threads "$num_threads" --beam "$beam" --lattice-beam "$lattice_beam" --max-active "$max_active"
  --min-active "$min_active" --acoustic-scale "$acoustic_scale" --max-failed "$max_failed")

if [ -n "$log_likes" ]; then
  require_files "$log_likes"
  ark_inputs "$log_likes"
  if [ -n "$priors" ]; then
    require_files "$priors"
    inputs+=(--input "$priors")
    options+=(--priors "$priors" --prior-scale "$prior_scale")
  fi
  program=(decode_log_likes.py "${options[@]}" "$model/final.mdl" "$graph" "$split/JOB" "$log_likes" "$decode/lat.JOB.gz")
elif [ -n "$priors" ]; then
  echo "decode.sh: --priors goes with --log-likes, which names the log posteriors" >&2
  exit 1
else
  require_files "$model/front_end.yaml" "$data/feats.scp" "$data/cmvn.scp"
  if [ -n "$transforms" ]; then
    require_files "$transforms"
    inputs+=(--input "$transforms")
    options+=(--transforms "$transforms")
  fi
  table_inputs "$model" front_end.yaml final.mat final.alimdl
  table_inputs "$data" feats.scp feats.md5 cmvn.scp
  program=(decode_gmm.py "${options[@]}" "$model" "$graph" "$split/JOB" "$decode/lat.JOB.gz")
fi

split_data.sh --per-utt "$data" "$nj"
rm -f "$decode/num_jobs" # without it nobody reads parts of two calls together
$cmd --num-threads "$num_threads" "${inputs[@]}" --output "$decode/lat.JOB.gz" JOB=1:"$nj" "$decode/log/decode.JOB.log" "${program[@]}"
for ((job = nj + 1; ; job++)); do rm "$decode/lat.$job.gz" 2> /dev/null || break; done
echo "$nj" > "$decode/num_jobs"
echo "decode.sh: decoded $(wc -l < "$data/utt2spk") utterances of $data into $decode"
