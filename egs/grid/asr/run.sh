#!/usr/bin/env bash
# Speech recognition on GRID: monophones to speaker-adapted triphones from the sound of its videos, alignments against GRID's own word times,
# and decoding with GRID's grammar, with a 4-gram, and with a bigram whose lattices the 4-gram rescores. The lip reader of egs/grid/vsr is trained
# on these alignments.
#
#   ./run.sh --corpus /corpora/GRID             again, it goes on where something is not done or has changed
#   ./run.sh --corpus /corpora/GRID --status    what has been done, when and on what
#
# Sentences are split, not clips: no sentence of the test set was trained on. LM weight and insertion penalty are chosen on dev.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
. ./path.sh
. ./cmd.sh

corpus=           # GRID: (video/)s<N>/*.mpg or *.mp4, and align/s<N>/*.align or s<N>/align/*.align
dev_sentences=    # default a tenth of the sentences
test_sentences=   # default a tenth
seeds="0 1 2"     # everything is trained once with each
mono_gauss=1000   # Gaussians of the monophones
leaves=500        # tied states of the triphones
gauss=3000        # Gaussians of the triphones
models="mono tri1 tri2 tri3" # all are trained; those that are measured: monophones, triphones on deltas, LDA + MLLT, speaker-adapted
overrides=        # keys of the training configs to set, such as iterations=10
lm_order=4        # of the n-gram
small_order=2     # of the n-gram whose lattices the other one rescores
info=             # facts to record with the results, such as synthetic=true
num_draws=10000   # bootstrap draws behind the intervals
nj=2              # parallel jobs
num_threads=1     # of each training
. utils/stage.sh
. utils/parse_options.sh

grammars="grammar ngram small"
declare -A condition=([grammar]=grammar [ngram]="$lm_order-gram" [small]="$small_order-gram") # as tables call them
sets="train dev test"
lm=exp/lm/${lm_order}gram.arpa.gz small_lm=exp/lm/${small_order}gram.arpa.gz
data_dirs=() finals=() graphs=() decodings=()
for part in $sets; do data_dirs+=("data/$part"); done
for seed in $seeds; do
  for model in $models; do
    finals+=("exp/seed$seed/$model/final.mdl")
    decodings+=("exp/seed$seed/$model/decode_*/lat.*.gz")
    for grammar in $grammars; do graphs+=("exp/seed$seed/$model/graph_$grammar/HCLG.fst"); done
  done
done

if stage 0 "Data directories: sound out of the videos, split by sentence"; then
  local/grid/prepare_asr.sh --cmd "$feats_cmd" --nj "$nj" --dev-sentences "$dev_sentences" --test-sentences "$test_sentences" "$corpus" data
fi

if stage 1 "MFCC and the statistics of each speaker" "${data_dirs[@]}" "$ROOT/conf/mfcc.yaml"; then
  for part in $sets; do
    steps/make_feats.sh --cmd "$feats_cmd" --nj "$nj" --feats-config "$ROOT/conf/mfcc.yaml" "data/$part"
    steps/compute_cmvn.sh --cmd "$feats_cmd" "data/$part"
  done
fi

if stage 2 "Lexicon from CMUdict, lang folder, n-grams" data/local/vocabulary data/local/lexicon.txt data/local/lm_train data/dev/text; then
  utils/prepare_dict.sh --word-list true --lexicon data/local/lexicon.txt data/local/vocabulary data/dict
  utils/prepare_lang.sh data/dict "<unk>" data/lang
  steps/train_lm.sh --cmd "$train_cmd" --order "$lm_order" --discount-fallback true --lang data/lang --dev-text data/dev data/local/lm_train "$lm"
  steps/train_lm.sh --cmd "$train_cmd" --order "$small_order" --discount-fallback true --lang data/lang --dev-text data/dev \
    data/local/lm_train "$small_lm"
  utils/format_lm.sh data/lang "$lm" data/lang_ngram
  utils/format_lm.sh data/lang "$small_lm" data/lang_small
fi

if stage 3 "Train" data/train data/lang "$ROOT/conf/hmm/*.yaml"; then
  for seed in $seeds; do
    exp=exp/seed$seed
    options=(--cmd "$train_cmd" --seed "$seed" --num-threads "$num_threads" --overrides "$overrides")
    steps/train_mono.sh "${options[@]}" --train-config "$ROOT/conf/hmm/mono.yaml" --totgauss "$mono_gauss" data/train data/lang "$exp/mono"
    steps/train_deltas.sh "${options[@]}" --train-config "$ROOT/conf/hmm/deltas.yaml" \
      "$leaves" "$gauss" data/train data/lang "$exp/mono" "$exp/tri1"
    steps/train_lda_mllt.sh "${options[@]}" --train-config "$ROOT/conf/hmm/lda_mllt.yaml" \
      "$leaves" "$gauss" data/train data/lang "$exp/tri1" "$exp/tri2"
    steps/train_sat.sh "${options[@]}" --train-config "$ROOT/conf/hmm/sat.yaml" \
      "$leaves" "$gauss" data/train data/lang "$exp/tri2" "$exp/tri3"
  done
fi

if stage 4 "Word boundaries of the alignments, against GRID's own times" data/train "${finals[@]}"; then
  for seed in $seeds; do
    for model in $models; do
      exp=exp/seed$seed/$model
      steps/get_ctm.sh --cmd "$train_cmd" data/train data/lang "$exp"
      utils/compare_ctm.sh --json "$exp/boundaries.json" --system "$model" --condition "train, words" --info "seed=$seed $info" \
        data/train/ctm "$exp/ctm"
    done
  done
fi

if stage 5 "Decoding graphs" data/lang data/lang_ngram data/lang_small data/local/grammar "${finals[@]}"; then
  for seed in $seeds; do
    for model in $models; do
      exp=exp/seed$seed/$model
      utils/mkgraph.sh --grammar data/local/grammar data/lang "$exp" "$exp/graph_grammar"
      utils/mkgraph.sh data/lang_ngram "$exp" "$exp/graph_ngram"
      utils/mkgraph.sh data/lang_small "$exp" "$exp/graph_small"
    done
  done
fi

if stage 6 "Decode and score: dev chooses the weights, test is scored once" data/dev data/test "${graphs[@]}"; then
  for seed in $seeds; do
    for model in $models; do
      exp=exp/seed$seed/$model
      decode=steps/decode.sh
      if [ "$model" = tri3 ]; then decode=steps/decode_fmllr.sh; fi
      for grammar in $grammars; do
        graph=$exp/graph_$grammar name=${condition[$grammar]}
        for part in dev test; do
          $decode --cmd "$decode_cmd" --nj "$nj" "$graph" "data/$part" "$exp/decode_${part}_$grammar"
        done
        scoring=(--cmd "$score_cmd" --system "$model" --info "seed=$seed $info" --num-draws "$num_draws" --min-lm-weight 1)
        steps/score.sh "${scoring[@]}" --condition "dev, $name" data/dev "$graph" "$exp/decode_dev_$grammar"
        steps/score.sh "${scoring[@]}" --condition "test, $name" --like "$exp/decode_dev_$grammar" \
          data/test "$graph" "$exp/decode_test_$grammar"
      done
    done
  done
fi

if stage 7 "Rescore the lattices of the small n-gram, by KenLM" data/dev data/test "$lm" "$small_lm" "${decodings[@]}"; then
  for seed in $seeds; do
    for model in $models; do
      exp=exp/seed$seed/$model
      for part in dev test; do
        steps/rescore.sh --cmd "$decode_cmd" "$small_lm" "$lm" "$exp/graph_small" "$exp/decode_${part}_small" "$exp/rescore_$part"
      done
      name="${condition[small]} rescored by ${condition[ngram]}"
      scoring=(--cmd "$score_cmd" --system "$model" --info "seed=$seed $info" --num-draws "$num_draws" --min-lm-weight 1)
      steps/score.sh "${scoring[@]}" --condition "dev, $name" data/dev "$exp/graph_small" "$exp/rescore_dev"
      steps/score.sh "${scoring[@]}" --condition "test, $name" --like "$exp/rescore_dev" data/test "$exp/graph_small" "$exp/rescore_test"
    done
  done
fi

if stage 8 "Confusion networks: the words of least expected errors" data/dev data/test "${decodings[@]}"; then
  for seed in $seeds; do
    for model in $models; do
      exp=exp/seed$seed/$model
      for part in dev test; do # of the same lattices, in a folder of its own for its scores
        rm -rf "$exp/mbr_$part"
        mkdir "$exp/mbr_$part"
        cp "$exp/decode_${part}_ngram/num_jobs" "$exp/decode_${part}_ngram"/lat.*.gz "$exp/mbr_$part"
      done
      name="${condition[ngram]}, minimum Bayes risk"
      scoring=(--cmd "$score_cmd" --system "$model" --info "seed=$seed $info" --num-draws "$num_draws" --min-lm-weight 1 --mbr true)
      steps/score.sh "${scoring[@]}" --condition "dev, $name" data/dev "$exp/graph_ngram" "$exp/mbr_dev"
      steps/score.sh "${scoring[@]}" --condition "test, $name" --like "$exp/mbr_dev" data/test "$exp/graph_ngram" "$exp/mbr_test"
    done
  done
fi

if stage 9 "RESULTS.md" conf/results_header.md "exp/*/*/*/result.json" "exp/*/*/boundaries.json"; then
  utils/make_word_results.sh --header conf/results_header.md exp
  echo "$0: the results are in $PWD/RESULTS.md; lattices, graphs and logs lie in $PWD/exp"
fi
