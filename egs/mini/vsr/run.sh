#!/usr/bin/env bash
# Lip reading of SYNTHETIC talking mouths: every stage of the recipes for real faces, in minutes and without a download.
#
#   ./run.sh             again, it goes on at the first stage that is not done or whose inputs or options have changed
#   ./run.sh --status    what has been done, when and on what
#
# A synthesiser says commands, and drawn mouths move as it does. An HMM is trained on the sound; its states are what a network on the
# pictures is trained to find (hybrid), and what a graph then makes words of. Beside it, a network that writes letters (CTC).
# The figures show that the programs work; they say nothing about people.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
. ./path.sh
. ./cmd.sh

train_speakers=16 # mouths trained on
dev_speakers=4    # mouths that LM weight and insertion penalty are chosen on
test_speakers=4   # mouths tested
sentences=25      # of each
seed=0            # of all training
mono_gauss=400    # Gaussians of the monophones
leaves=200        # tied states of the triphones: the classes of the hybrid network
gauss=1000        # Gaussians of the triphones
hmm_overrides=    # keys of the HMMs' configs to set, such as iterations=10
overrides=        # keys of the networks' configs to set, such as training.epochs=2
num_draws=1000    # bootstrap draws behind the intervals
nj=2              # parallel jobs
num_threads=1     # of each training
. utils/stage.sh
. utils/parse_options.sh

sets="train dev test"
training=(--cmd "$train_cmd" --overrides "$overrides" --seed "$seed" --num-threads "$num_threads")
scoring=(--cmd "$score_cmd" --info "seed=$seed synthetic=true" --num-draws "$num_draws" --min-lm-weight 1)

if stage 0 "Make the corpus and its data directories"; then
  local/mini/prepare_vsr.sh --cmd "$feats_cmd" --nj "$nj" --num-train-speakers "$train_speakers" --num-dev-speakers "$dev_speakers" \
    --num-test-speakers "$test_speakers" --sentences-per-speaker "$sentences" data
fi

if stage 1 "Lips of all sets, MFCC of the sound of train and dev" data/train data/dev data/test conf/lips.yaml "$ROOT/conf/mfcc.yaml"; then
  for part in $sets; do
    steps/make_lips.sh --cmd "$feats_cmd" --nj "$nj" --lips-config conf/lips.yaml "data/$part"
  done
  for part in train dev; do
    steps/make_feats.sh --cmd "$feats_cmd" --nj "$nj" --feats-config "$ROOT/conf/mfcc.yaml" "data/$part"
    steps/compute_cmvn.sh --cmd "$feats_cmd" "data/$part"
  done
fi

if stage 2 "Lexicon and lang folder" data/local/vocabulary data/local/lexicon.txt; then
  utils/prepare_dict.sh --word-list true --source none --lexicon data/local/lexicon.txt data/local/vocabulary data/dict
  utils/prepare_lang.sh data/dict "<unk>" data/lang
fi

if stage 3 "HMM on the sound, graph of the grammar" data/train data/dev data/lang data/local/grammar "$ROOT/conf/hmm/*.yaml"; then
  options=(--cmd "$train_cmd" --seed "$seed" --num-threads "$num_threads" --overrides "$hmm_overrides")
  steps/train_mono.sh "${options[@]}" --train-config "$ROOT/conf/hmm/mono.yaml" --totgauss "$mono_gauss" data/train data/lang exp/mono
  steps/train_deltas.sh "${options[@]}" --train-config "$ROOT/conf/hmm/deltas.yaml" \
    "$leaves" "$gauss" data/train data/lang exp/mono exp/tri1
  steps/align_si.sh --cmd "$train_cmd" --num-threads "$num_threads" data/dev data/lang exp/tri1 exp/tri1_ali_dev
  utils/mkgraph.sh --grammar data/local/grammar data/lang exp/tri1 exp/tri1/graph
fi

if stage 4 "The states of the sound as targets of the pictures" data/train data/dev exp/tri1 exp/tri1_ali_dev; then
  steps/make_state_targets.sh --cmd "$train_cmd" data/train exp/tri1 exp/targets/train
  steps/make_state_targets.sh --cmd "$train_cmd" data/dev exp/tri1_ali_dev exp/targets/dev
fi

if stage 5 "Train the hybrid network" data/train data/dev exp/targets/train exp/targets/dev conf/hybrid.yaml; then
  steps/train_lips.sh "${training[@]}" --train-config conf/hybrid.yaml --valid-data data/dev --valid-targets exp/targets/dev \
    data/train exp/targets/train exp/hybrid
fi

if stage 6 "Decode and score the hybrid: dev chooses the weights" data/dev data/test exp/hybrid/final.pt exp/tri1/graph/HCLG.fst; then
  for part in dev test; do
    steps/compute_posteriors.sh --cmd "$decode_cmd" --nj "$nj" exp/hybrid "data/$part" "exp/hybrid/post_$part"
    steps/decode.sh --cmd "$decode_cmd" --nj "$nj" --model-dir exp/tri1 --log-likes "exp/hybrid/post_$part/post.scp" \
      --priors exp/hybrid/priors exp/tri1/graph "data/$part" "exp/hybrid/decode_$part"
  done
  steps/score.sh "${scoring[@]}" --system "hybrid, grammar" --condition dev data/dev exp/tri1/graph exp/hybrid/decode_dev
  steps/score.sh "${scoring[@]}" --system "hybrid, grammar" --condition test --like exp/hybrid/decode_dev \
    data/test exp/tri1/graph exp/hybrid/decode_test
fi

if stage 7 "Letters, and train the CTC network" data/train data/dev exp/hybrid/final.pt conf/ctc.yaml; then
  steps/make_tokens.sh --cmd "$train_cmd" data/train exp/tokens/train
  steps/make_tokens.sh --cmd "$train_cmd" --like exp/tokens/train data/dev exp/tokens/dev
  steps/train_lips.sh "${training[@]}" --train-config conf/ctc.yaml --init exp/hybrid/final.pt \
    --valid-data data/dev --valid-targets exp/tokens/dev data/train exp/tokens/train exp/ctc
fi

if stage 8 "Decode and score CTC" data/dev data/test data/local/grammar exp/ctc/final.pt; then
  for part in dev test; do
    post=exp/ctc/post_$part
    steps/compute_posteriors.sh --cmd "$decode_cmd" --nj "$nj" exp/ctc "data/$part" "$post"
    given=(exp/tokens/train "data/$part" "$post/post.scp")
    steps/decode_ctc.sh --cmd "$decode_cmd" --grammar data/local/grammar "${given[@]}" "exp/ctc/grammar_$part"
    steps/decode_ctc.sh --cmd "$decode_cmd" "${given[@]}" "exp/ctc/greedy_$part"
  done
  for search in grammar greedy; do
    dev=exp/ctc/${search}_dev test=exp/ctc/${search}_test
    steps/score.sh "${scoring[@]}" --system "ctc, $search" --condition dev data/dev "$dev" "$dev"
    steps/score.sh "${scoring[@]}" --system "ctc, $search" --condition test --like "$dev" data/test "$test" "$test"
  done
fi

if stage 9 "RESULTS.md" conf/results_header.md "exp/*/*/result.json"; then
  utils/make_word_results.sh --header conf/results_header.md exp
  echo "$0: the results are in $PWD/RESULTS.md; lattices and logs lie in $PWD/exp"
fi
