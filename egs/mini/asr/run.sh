#!/usr/bin/env bash
# Speech recognition of SYNTHETIC commands: every stage of the recipes for real speech, in minutes and without a download.
#
#   ./run.sh             again, it goes on at the first stage that is not done or whose inputs or options have changed
#   ./run.sh --status    what has been done, when and on what
#
# A synthesiser that comes with the environment says the commands, and says when it said each phone: the alignments are held against that.
# The figures show that the programs work; they say nothing about people.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
. ./path.sh
. ./cmd.sh

train_speakers=16 # voices trained on
dev_speakers=4    # voices that LM weight and insertion penalty are chosen on
test_speakers=4   # voices tested
sentences=25      # of each voice
seed=0            # of the training
mono_gauss=400    # Gaussians of the monophones
leaves=200        # tied states of the triphones
gauss=1000        # Gaussians of the triphones
models="mono tri1 tri2 tri3" # all are trained; those that are measured: monophones, triphones on deltas, LDA + MLLT, speaker-adapted
overrides=        # keys of the training configs to set, such as iterations=10
num_draws=1000    # bootstrap draws behind the intervals
nj=2              # parallel jobs
num_threads=1     # of each training
. utils/stage.sh
. utils/parse_options.sh

sets="train dev test"
info="seed=$seed synthetic=true"
finals=() graphs=()
for model in $models; do
  finals+=("exp/$model/final.mdl")
  graphs+=("exp/$model/graph/HCLG.fst")
done

if stage 0 "Make the corpus and its data directories"; then
  local/mini/prepare_asr.sh --cmd "$feats_cmd" --nj "$nj" --num-train-speakers "$train_speakers" --num-dev-speakers "$dev_speakers" \
    --num-test-speakers "$test_speakers" --sentences-per-speaker "$sentences" data/corpus data
fi

if stage 1 "MFCC and the statistics of each speaker" data/train data/dev data/test "$ROOT/conf/mfcc.yaml"; then
  for part in $sets; do
    steps/make_feats.sh --cmd "$feats_cmd" --nj "$nj" --feats-config "$ROOT/conf/mfcc.yaml" "data/$part"
    steps/compute_cmvn.sh --cmd "$feats_cmd" "data/$part"
  done
fi

if stage 2 "Lexicon, lang folder, trigram" data/local/vocabulary data/local/lexicon.txt data/local/lm_train data/dev/text; then
  utils/prepare_dict.sh --word-list true --source none --lexicon data/local/lexicon.txt data/local/vocabulary data/dict
  utils/prepare_lang.sh data/dict "<unk>" data/lang
  utils/validate_lang.sh data/lang
  steps/train_lm.sh --cmd "$train_cmd" --order 3 --discount-fallback true --lang data/lang --dev-text data/dev \
    data/local/lm_train exp/lm/3gram.arpa.gz
  utils/format_lm.sh data/lang exp/lm/3gram.arpa.gz data/lang_3gram
fi

if stage 3 "Train" data/train data/lang "$ROOT/conf/hmm/*.yaml"; then
  options=(--cmd "$train_cmd" --seed "$seed" --num-threads "$num_threads" --overrides "$overrides")
  steps/train_mono.sh "${options[@]}" --train-config "$ROOT/conf/hmm/mono.yaml" --totgauss "$mono_gauss" data/train data/lang exp/mono
  steps/train_deltas.sh "${options[@]}" --train-config "$ROOT/conf/hmm/deltas.yaml" "$leaves" "$gauss" data/train data/lang exp/mono exp/tri1
  steps/train_lda_mllt.sh "${options[@]}" --train-config "$ROOT/conf/hmm/lda_mllt.yaml" \
    "$leaves" "$gauss" data/train data/lang exp/tri1 exp/tri2
  steps/train_sat.sh "${options[@]}" --train-config "$ROOT/conf/hmm/sat.yaml" "$leaves" "$gauss" data/train data/lang exp/tri2 exp/tri3
fi

if stage 4 "Word and phone boundaries of the alignments, against the synthesiser's own times" data/train "${finals[@]}"; then
  for model in $models; do
    steps/get_ctm.sh --cmd "$train_cmd" data/train data/lang "exp/$model"
    utils/compare_ctm.sh --json "exp/$model/words/boundaries.json" --system "$model" --condition "train, words" --info "$info" \
      data/train/ctm "exp/$model/ctm"
    utils/compare_ctm.sh --json "exp/$model/phones/boundaries.json" --system "$model" --condition "train, phones" --info "$info" \
      --ignore "$(cat data/dict/optional_silence.txt)" data/train/phones.ctm "exp/$model/phones.ctm"
  done
fi

if stage 5 "Decoding graphs" data/lang_3gram "${finals[@]}"; then
  for model in $models; do utils/mkgraph.sh data/lang_3gram "exp/$model" "exp/$model/graph"; done
fi

if stage 6 "Decode and score: dev chooses the weights, test is scored once" data/dev data/test "${graphs[@]}"; then
  for model in $models; do
    exp=exp/$model
    decode=steps/decode.sh
    if [ "$model" = tri3 ]; then decode=steps/decode_fmllr.sh; fi
    for part in dev test; do
      $decode --cmd "$decode_cmd" --nj "$nj" "$exp/graph" "data/$part" "$exp/decode_$part"
    done
    scoring=(--cmd "$score_cmd" --system "$model" --info "$info" --num-draws "$num_draws" --min-lm-weight 1)
    steps/score.sh "${scoring[@]}" --condition dev data/dev "$exp/graph" "$exp/decode_dev"
    steps/score.sh "${scoring[@]}" --condition test --like "$exp/decode_dev" data/test "$exp/graph" "$exp/decode_test"
  done
fi

if stage 7 "RESULTS.md" conf/results_header.md "exp/*/*/result.json" "exp/*/*/boundaries.json"; then
  utils/make_word_results.sh --header conf/results_header.md exp
  echo "$0: the results are in $PWD/RESULTS.md; lattices, graphs and logs lie in $PWD/exp"
fi
