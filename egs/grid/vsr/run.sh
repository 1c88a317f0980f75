#!/usr/bin/env bash
# Lip reading of GRID: a network finds in the pictures the HMM states that the sound is aligned to, and a graph makes words of them; CTC
# networks beside it. Trained from scratch on a CPU in small, or at the paper's size on a GPU.
#
#   ./run.sh --corpus /corpora/GRID             again, it goes on where something is not done or has changed
#   ./run.sh --corpus /corpora/GRID --status    what has been done, when and on what
#   ./run.sh --corpus /corpora/GRID --systems "stires3d resnet18 ctc" --seeds 0     by their names in conf/systems
#
# Sentences are split, as in egs/grid/asr: no sentence of the test set was trained on, but its talkers were; with --unseen-talkers, talkers
# are. LM weight and insertion penalty are chosen on dev. Only the pictures are looked at; the sound serves to align train and dev.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
. ./path.sh
. ./cmd.sh

corpus=           # GRID: (video/)s<N>/*.mpg or *.mp4, and align/s<N>/*.align or s<N>/align/*.align
dev_sentences=    # default a tenth of the sentences
test_sentences=   # default a tenth
unseen_talkers=   # test on these alone, "s1 s2 s20 s22" as the field does; dev is a tenth of the others
lips_config=$ROOT/conf/lips.yaml
systems="stires3d resnet18 resnet18_tied resnet18_mono ctc ctc_from_hybrid" # lip readers to train, by their names in conf/systems
seeds="0 1 2"     # each is trained once with each
mono_gauss=1000   # Gaussians of the monophones
leaves=500        # tied states of the triphones: the classes of the hybrid networks
gauss=3000        # Gaussians of the triphones
lm_order=4        # of the n-gram
num_pieces=100    # sentencepiece units, at most
hmm_overrides=    # keys of the HMMs' configs to set, such as iterations=10
overrides=        # keys of the networks' configs to set, such as training.epochs=2
info=             # facts to record with the results, such as synthetic=true
num_draws=10000   # bootstrap draws behind the intervals
nj=2              # parallel jobs
num_threads=1     # of each training
gpu=0             # 1 trains on a GPU
. utils/stage.sh
. utils/parse_options.sh

sets="train dev test"
lm=exp/lm/${lm_order}gram.arpa.gz
grammars="grammar ngram"
declare -A condition=([grammar]=grammar [ngram]="$lm_order-gram") # as tables call them
data_dirs=() networks=()
for part in $sets; do data_dirs+=("data/$part"); done

# The HMM and the lang folder that each kind of states comes from; tokens of CTC come from the text.
declare -A hmm_of=([tied]=tri3 [mono]=mono [words]=words [words_25hz]=words_25hz)
declare -A lang_of=([tied]=lang [mono]=lang [words]=lang_words [words_25hz]=lang_words_25hz)
declare -A config_of=() targets_of=() start_of=() settings_of=()
tabled=() ctcs=() kinds=() units=()
: "${systems:?--systems names none of conf/systems}"
for system in $systems; do
  if ! read -r _ config targets_of["$system"] start_of["$system"] settings_of["$system"] \
    < <(awk -v name="$system" '$1 == name' conf/systems); then
    echo "run.sh: no system '$system' in conf/systems; there are: $(sed '/^#/d; /^$/d; s/ .*//' conf/systems | tr '\n' ' ')" >&2
    exit 1
  fi
  config_of[$system]=conf/$config.yaml
  kind=${targets_of[$system]}
  if [[ $kind != tied && $kind != mono && $kind != *_25hz ]]; then tabled+=("$system"); fi
  case $kind in
    characters | pieces)
      ctcs+=("$system")
      units+=("$kind")
      ;;
    *)
      kinds+=("$kind")
      ;;
  esac
  for seed in $seeds; do networks+=("exp/${system}_seed$seed/final.pt"); done
done
mapfile -t kinds < <(printf '%s\n' "${kinds[@]}" | sort -u | sed '/^$/d')
hmms=() graphs=()
for kind in "${kinds[@]}"; do
  hmms+=("exp/${hmm_of[$kind]}/final.mdl")
  graphs+=("exp/${hmm_of[$kind]}/graph_*/HCLG.fst")
done
mapfile -t units < <(printf '%s\n' "${units[@]}" | sort -u | sed '/^$/d')

if stage 0 "Data directories: sound out of the videos, damaged clips left out, split by sentence"; then
  local/grid/prepare_asr.sh --cmd "$feats_cmd" --nj "$nj" --pictures true --dev-sentences "$dev_sentences" \
    --test-sentences "$test_sentences" --unseen-talkers "$unseen_talkers" "$corpus" data
fi

if stage 1 "Lips of all sets, MFCC of the sound of train and dev" "${data_dirs[@]}" "$lips_config" "$ROOT/conf/mfcc.yaml"; then
  for part in $sets; do
    steps/make_lips.sh --cmd "$feats_cmd" --nj "$nj" --lips-config "$lips_config" "data/$part"
    utils/fix_data_dir.sh "data/$part"
  done
  for part in train dev; do
    steps/make_feats.sh --cmd "$feats_cmd" --nj "$nj" --feats-config "$ROOT/conf/mfcc.yaml" "data/$part"
    steps/compute_cmvn.sh --cmd "$feats_cmd" "data/$part"
  done
fi

if stage 2 "Lexicon from CMUdict, lang folders, $lm_order-gram" data/local/vocabulary data/local/lexicon.txt data/local/lm_train data/dev/text; then
  dictionary=(--word-list true --lexicon data/local/lexicon.txt)
  utils/prepare_dict.sh "${dictionary[@]}" data/local/vocabulary data/dict
  utils/prepare_lang.sh data/dict "<unk>" data/lang
  utils/prepare_dict.sh "${dictionary[@]}" --word-phones true data/local/vocabulary data/dict_words
  utils/prepare_lang.sh data/dict_words "<unk>" data/lang_words
  utils/prepare_lang.sh --num-sil-states 1 --num-nonsil-states 1 data/dict_words "<unk>" data/lang_words_25hz # a state lasts 40 ms at least
  steps/train_lm.sh --cmd "$train_cmd" --order "$lm_order" --discount-fallback true --lang data/lang --dev-text data/dev data/local/lm_train "$lm"
fi

if stage 3 "HMMs on the sound" data/train data/dev data/lang data/lang_words data/lang_words_25hz "$ROOT/conf/hmm/*.yaml"; then
  options=(--cmd "$train_cmd" --num-threads "$num_threads" --overrides "$hmm_overrides")
  mono_options=("${options[@]}" --train-config "$ROOT/conf/hmm/mono.yaml" --totgauss "$mono_gauss")
  aligning=(--cmd "$train_cmd" --num-threads "$num_threads" data/dev)
  if [[ " ${kinds[*]} " == *" mono "* || " ${kinds[*]} " == *" tied "* ]]; then
    steps/train_mono.sh "${mono_options[@]}" data/train data/lang exp/mono
  fi
  for kind in "${kinds[@]}"; do
    case $kind in
      mono)
        steps/align_si.sh "${aligning[@]}" data/lang exp/mono exp/mono_ali_dev
        ;;
      words | words_25hz)
        steps/train_mono.sh "${mono_options[@]}" data/train "data/lang_$kind" "exp/$kind"
        steps/align_si.sh "${aligning[@]}" "data/lang_$kind" "exp/$kind" "exp/${kind}_ali_dev"
        ;;
      tied)
        sizes=("$leaves" "$gauss")
        steps/train_deltas.sh "${options[@]}" --train-config "$ROOT/conf/hmm/deltas.yaml" "${sizes[@]}" data/train data/lang exp/mono exp/tri1
        steps/train_lda_mllt.sh "${options[@]}" --train-config "$ROOT/conf/hmm/lda_mllt.yaml" "${sizes[@]}" \
          data/train data/lang exp/tri1 exp/tri2
        steps/train_sat.sh "${options[@]}" --train-config "$ROOT/conf/hmm/sat.yaml" "${sizes[@]}" data/train data/lang exp/tri2 exp/tri3
        steps/align_fmllr.sh "${aligning[@]}" data/lang exp/tri3 exp/tri3_ali_dev
        ;;
    esac
  done
fi

if stage 4 "Graphs; states of the sound, and tokens of the text, as targets of the pictures" data/train data/dev data/lang data/lang_words \
  "$lm" "${hmms[@]}"; then
  for kind in "${kinds[@]}"; do
    hmm=exp/${hmm_of[$kind]}
    lang=data/${lang_of[$kind]}
    making=(--cmd "$train_cmd")
    if [[ $kind == *_25hz ]]; then making+=(--outputs-per-frame 1); fi
    steps/make_state_targets.sh "${making[@]}" data/train "$hmm" "exp/targets/$kind/train"
    steps/make_state_targets.sh "${making[@]}" data/dev "${hmm}_ali_dev" "exp/targets/$kind/dev"
    utils/format_lm.sh "$lang" "$lm" "${lang}_ngram"
    utils/mkgraph.sh --grammar data/local/grammar "$lang" "$hmm" "$hmm/graph_grammar"
    utils/mkgraph.sh "${lang}_ngram" "$hmm" "$hmm/graph_ngram"
  done
  for unit in "${units[@]}"; do
    steps/make_tokens.sh --cmd "$train_cmd" --unit "$unit" --num-pieces "$num_pieces" data/train "exp/targets/$unit/train"
    steps/make_tokens.sh --cmd "$train_cmd" --like "exp/targets/$unit/train" data/dev "exp/targets/$unit/dev"
  done
fi

if stage 5 "Train the lip readers" conf/systems "conf/*.yaml" data/train data/dev "exp/targets/*/*/num_classes"; then
  for seed in $seeds; do
    for system in $systems; do
      targets=exp/targets/${targets_of[$system]}
      init=
      if [ "${start_of[$system]}" != - ]; then init=exp/${start_of[$system]}_seed$seed/final.pt; fi
      steps/train_lips.sh --cmd "$train_cmd" --train-config "${config_of[$system]}" --overrides "${settings_of[$system]} $overrides" \
        --seed "$seed" --num-threads "$num_threads" --gpu "$gpu" --init "$init" --valid-data data/dev --valid-targets "$targets/dev" \
        data/train "$targets/train" "exp/${system}_seed$seed"
    done
  done
fi

if stage 6 "Decode and score: dev chooses the weights, test is scored once" data/dev data/test "$lm" "${networks[@]}" "${graphs[@]}"; then
  for seed in $seeds; do
    for system in $systems; do
      exp=exp/${system}_seed$seed
      targets=exp/targets/${targets_of[$system]}/train
      scoring=(--cmd "$score_cmd" --system "$system" --info "seed=$seed $exp/info.json $info" --num-draws "$num_draws" --min-lm-weight 1)
      for part in dev test; do
        steps/compute_posteriors.sh --cmd "$decode_cmd" --nj "$nj" --gpu "$gpu" "$exp" "data/$part" "$exp/post_$part"
      done
      for grammar in $grammars; do
        name=${condition[$grammar]}
        for part in dev test; do
          decode=$exp/decode_${part}_$grammar
          if [[ " ${ctcs[*]} " == *" $system "* ]]; then
            graph=$decode
            search=(--lm "$lm")
            if [ "$grammar" = grammar ]; then search=(--grammar data/local/grammar); fi
            steps/decode_ctc.sh --cmd "$decode_cmd" "${search[@]}" "$targets" "data/$part" "$exp/post_$part/post.scp" "$decode"
          else
            hmm=exp/${hmm_of[${targets_of[$system]}]}
            graph=$hmm/graph_$grammar
            steps/decode.sh --cmd "$decode_cmd" --nj "$nj" --model-dir "$hmm" --log-likes "$exp/post_$part/post.scp" \
              --priors "$exp/priors" "$graph" "data/$part" "$decode"
          fi
          like=
          if [ "$part" = test ]; then like=$exp/decode_dev_$grammar; fi
          steps/score.sh "${scoring[@]}" --like "$like" --condition "$part, $name" "data/$part" "$graph" "$decode"
        done
      done
    done
  done
fi

if stage 7 "What guessing comes to" data/train/text data/test/text; then
  for how in majority chance; do
    decode=exp/$how/decode_test
    $score_cmd --input data/train/text --input data/test/text --output "$decode/lat.1.gz" "exp/$how/log/guess.log" \
      local/grid/guess_words.py "$how" data/train/text data/test "$decode"
    steps/score.sh --cmd "$score_cmd" --system "$how" --condition "test, grammar" --info "$info" --num-draws "$num_draws" \
      --min-lm-weight 1 --max-lm-weight 1 --word-penalties 0.0 data/test "$decode" "$decode"
  done
fi

if stage 8 "RESULTS.md, and the paper's tables" conf/results_header.md "exp/*/*/result.json"; then
  local/grid/slot_errors.py conf/results_header.md exp/header.md exp/*_seed*/decode_test_grammar
  utils/make_word_results.sh --header exp/header.md exp
  utils/make_visual_tables.sh --condition "test, grammar" --systems "${tabled[*]}" exp
  echo "$0: the results are in $PWD/RESULTS.md and TABLES.md; posteriors, lattices and logs lie in $PWD/exp"
fi
