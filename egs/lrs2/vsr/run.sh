#!/usr/bin/env bash
# Lip reading of LRS2-BBC: the five visual modules of the paper, its figure over omega, and CTC. A network finds in the pictures the HMM
# states that the sound is aligned to, and a graph with a 4-gram makes words of them.
#
#   ./run.sh --corpus /corpora/mvlrs_v1             again, it goes on where something is not done or has changed
#   ./run.sh --corpus /corpora/mvlrs_v1 --status    what has been done, when and on what
#   ./run.sh --corpus /corpora/mvlrs_v1 --pretrain false --systems "stires3d resnet18"    29 hours instead of 224
#
# LM weight and insertion penalty are chosen on val; test is scored once. Only the pictures are looked at; the sound serves to align the
# training and val sets. The language model and the dictionary are those of the text of pretrain and train.
#
# What has been run: this recipe on a small generated tree of the same layout (SYNTHETIC; tests/recipes/test_lrs2_vsr.py). It has never been
# run on LRS2, and no network of it on a GPU. What the corpus needs is computed, not measured: 26 GB for its sound and 186 GB for its
# lips, of which 24 GB are without pretrain; MFCC 5 GB. On a synthetic 4-gram mkgraph.sh took 1.6 GB of memory for 12 million arcs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
. ./path.sh
. ./cmd.sh

corpus=           # LRS2-BBC: mvlrs_v1, with main/ and pretrain/
lists_dir=        # folder of train.txt, val.txt, test.txt and pretrain.txt; the corpus if not given
check_counts=true # false: take a part of the corpus and shorter lists
pretrain=true     # false: train on the train set alone
max_seconds=6     # of the parts to which clips of pretrain are cut, between words
lexicon=          # pronunciations that are asked before CMUdict, such as those of a G2P for the words in data/dict/oov_counts
lips_config=$ROOT/conf/lips_center.yaml
systems="stires3d sti3d p3d all3d resnet18 ctc_resnet18" # lip readers to train, by their names in conf/systems
seeds=0           # each is trained once with each
mono_gauss=1000   # Gaussians of the monophones
leaves=4000       # tied states of the triphones: the classes of the hybrid networks
gauss=40000       # Gaussians of the triphones
lm_order=4        # of the n-gram
num_pieces=1000   # sentencepiece units, at most
max_left_out=1000 # training clips that may lack an alignment
hmm_overrides=    # keys of the HMMs' configs to set, such as iterations=10
overrides=        # keys of the networks' configs to set, such as batch_frames=4000
info=             # facts to record with the results, such as synthetic=true
num_draws=10000   # bootstrap draws behind the intervals
nj=16             # parallel jobs
num_threads=4     # of each training
gpu=1             # GPUs of each training, and one for each job of posteriors; 0 is none
posterior_nj=1    # jobs of posteriors
. utils/stage.sh
. utils/parse_options.sh

sets="train val test" train=data/train
if [ "$pretrain" = true ]; then sets="pretrain $sets" train=data/train_pretrain; fi
posterior_gpu=$((gpu > 0))
lm=exp/lm/${lm_order}gram.arpa.gz
data_dirs=() networks=()
for part in $sets; do data_dirs+=("data/$part"); done

# The HMM and the lang folder that each kind of states comes from, and how many of them a frame of the video has.
declare -A hmm_of=([tied]=exp/tri3 [tied_25hz]=exp/25hz/tri3) lang_of=([tied]=data/lang [tied_25hz]=data/lang_25hz)
declare -A outputs_of=([tied]=4 [tied_25hz]=1)
declare -A config_of=() targets_of=() start_of=() settings_of=()
ctcs=() kinds=() units=() tabled=() # the last: those that the paper's tables compare
: "${systems:?--systems names none of conf/systems}"
for system in $systems; do
  if ! read -r _ config targets_of["$system"] start_of["$system"] settings_of["$system"] \
    < <(awk -v name="$system" '$1 == name' conf/systems); then
    echo "run.sh: no system '$system' in conf/systems; there are: $(sed '/^#/d; /^$/d; s/ .*//' conf/systems | tr '\n' ' ')" >&2
    exit 1
  fi
  config_of[$system]=conf/$config.yaml
  kind=${targets_of[$system]}
  if [ "$kind" != tied_25hz ]; then tabled+=("$system"); fi
  case $kind in
    characters | pieces)
      ctcs+=("$system")
      units+=("$kind")
      ;;
    *) kinds+=("$kind") ;;
  esac
  for seed in $seeds; do networks+=("exp/${system}_seed$seed/final.pt"); done
done
mapfile -t kinds < <(printf '%s\n' "${kinds[@]}" | sort -u | sed '/^$/d')
mapfile -t units < <(printf '%s\n' "${units[@]}" | sort -u | sed '/^$/d')
langs=() hmms=() graphs=()
for kind in "${kinds[@]}"; do
  langs+=("${lang_of[$kind]}")
  hmms+=("${hmm_of[$kind]}/final.mdl")
  graphs+=("${hmm_of[$kind]}/graph/HCLG.fst")
done

if stage 0 "Data directories: sound out of the videos, clips of pretrain cut to parts"; then
  local/lrs2/prepare_vsr.sh --cmd "$feats_cmd" --nj "$nj" --lists-dir "$lists_dir" --sets "$sets" --max-seconds "$max_seconds" \
    --check-counts "$check_counts" "$corpus" data
fi

if stage 1 "Lips of all sets, MFCC of the sound but that of test" "${data_dirs[@]}" "$lips_config" "$ROOT/conf/mfcc.yaml"; then
  for part in $sets; do
    steps/make_lips.sh --cmd "$feats_cmd" --nj "$nj" --lips-config "$lips_config" "data/$part"
    utils/fix_data_dir.sh "data/$part"
    if [ "$part" = test ]; then continue; fi
    steps/make_feats.sh --cmd "$feats_cmd" --nj "$nj" --feats-config "$ROOT/conf/mfcc.yaml" "data/$part"
  done
  if [ "$pretrain" = true ]; then utils/combine_data.sh "$train" data/train data/pretrain; fi
  for part in "$train" data/val; do steps/compute_cmvn.sh --cmd "$feats_cmd" "$part"; done
fi

if stage 2 "Lexicon from CMUdict, lang folders, $lm_order-gram" data/local/lm/text data/val/text ${lexicon:+"$lexicon"}; then
  dictionary=()
  if [ -n "$lexicon" ]; then dictionary=(--lexicon "$lexicon"); fi
  utils/prepare_dict.sh "${dictionary[@]}" data/local/lm/text data/dict
  utils/prepare_lang.sh --position-dependent-phones true data/dict "<unk>" data/lang
  if [[ " ${kinds[*]} " == *" tied_25hz "* ]]; then
    utils/prepare_lang.sh --position-dependent-phones true --num-nonsil-states 1 --num-sil-states 1 data/dict "<unk>" data/lang_25hz
  fi
  steps/train_lm.sh --cmd "$train_cmd" --order "$lm_order" --discount-fallback true --lang data/lang --dev-text data/val data/local/lm "$lm"
fi

if stage 3 "HMMs on the sound" "$train" data/val "${langs[@]}" "$ROOT/conf/hmm/*.yaml"; then
  options=(--cmd "$train_cmd" --num-threads "$num_threads" --overrides "$hmm_overrides")
  sizes=("$leaves" "$gauss")
  for kind in "${kinds[@]}"; do
    lang=${lang_of[$kind]}
    tri3=${hmm_of[$kind]}
    exp=${tri3%/tri3}
    steps/train_mono.sh "${options[@]}" --train-config "$ROOT/conf/hmm/mono.yaml" --totgauss "$mono_gauss" "$train" "$lang" "$exp/mono"
    steps/train_deltas.sh "${options[@]}" --train-config "$ROOT/conf/hmm/deltas.yaml" "${sizes[@]}" "$train" "$lang" "$exp/mono" "$exp/tri1"
    steps/train_lda_mllt.sh "${options[@]}" --train-config "$ROOT/conf/hmm/lda_mllt.yaml" "${sizes[@]}" \
      "$train" "$lang" "$exp/tri1" "$exp/tri2"
    steps/train_sat.sh "${options[@]}" --train-config "$ROOT/conf/hmm/sat.yaml" "${sizes[@]}" "$train" "$lang" "$exp/tri2" "$tri3"
    steps/align_fmllr.sh --cmd "$train_cmd" --num-threads "$num_threads" data/val "$lang" "$tri3" "${tri3}_ali_val"
  done
fi

if stage 4 "Graphs; states of the sound, and tokens of the text, as targets of the pictures" "$train" data/val "${langs[@]}" \
  "$lm" "${hmms[@]}"; then
  for kind in "${kinds[@]}"; do
    lang=${lang_of[$kind]}
    tri3=${hmm_of[$kind]}
    making=(--cmd "$train_cmd" --outputs-per-frame "${outputs_of[$kind]}" --max-left-out "$max_left_out")
    steps/make_state_targets.sh "${making[@]}" "$train" "$tri3" "exp/targets/$kind/train"
    steps/make_state_targets.sh "${making[@]}" data/val "${tri3}_ali_val" "exp/targets/$kind/val"
    utils/format_lm.sh "$lang" "$lm" "${lang}_ngram"
    utils/mkgraph.sh "${lang}_ngram" "$tri3" "$tri3/graph"
  done
  for unit in "${units[@]}"; do
    steps/make_tokens.sh --cmd "$train_cmd" --unit "$unit" --num-pieces "$num_pieces" "$train" "exp/targets/$unit/train"
    steps/make_tokens.sh --cmd "$train_cmd" --like "exp/targets/$unit/train" data/val "exp/targets/$unit/val"
  done
fi

if stage 5 "Train the lip readers" conf/systems "conf/*.yaml" "$train" data/val "exp/targets/*/*/num_classes"; then
  for seed in $seeds; do
    for system in $systems; do
      targets=exp/targets/${targets_of[$system]}
      init=
      if [ "${start_of[$system]}" != - ]; then init=exp/${start_of[$system]}_seed$seed/final.pt; fi
      steps/train_lips.sh --cmd "$cuda_cmd" --train-config "${config_of[$system]}" --overrides "${settings_of[$system]} $overrides" \
        --seed "$seed" --num-threads "$num_threads" --gpu "$gpu" --init "$init" --valid-data data/val --valid-targets "$targets/val" \
        "$train" "$targets/train" "exp/${system}_seed$seed"
    done
  done
fi

if stage 6 "Decode and score: val chooses the weights, test is scored once" data/val data/test "$lm" "${networks[@]}" "${graphs[@]}"; then
  for seed in $seeds; do
    for system in $systems; do
      exp=exp/${system}_seed$seed
      targets=exp/targets/${targets_of[$system]}/train
      scoring=(--cmd "$score_cmd" --system "$system" --info "seed=$seed $exp/info.json $info" --num-draws "$num_draws" --min-lm-weight 1)
      searches=ngram
      if [[ " ${ctcs[*]} " == *" $system "* ]]; then searches="ngram greedy"; fi
      for part in val test; do
        steps/compute_posteriors.sh --cmd "$cuda_cmd" --nj "$posterior_nj" --gpu "$posterior_gpu" "$exp" "data/$part" "$exp/post_$part"
        for search in $searches; do
          decode=$exp/decode_${part}_$search
          if [[ " ${ctcs[*]} " == *" $system "* ]]; then
            graph=$decode
            using=(--lm "$lm")
            if [ "$search" = greedy ]; then using=(); fi
            steps/decode_ctc.sh --cmd "$decode_cmd" --num-threads "$num_threads" "${using[@]}" \
              "$targets" "data/$part" "$exp/post_$part/post.scp" "$decode"
          else
            graph=${hmm_of[${targets_of[$system]}]}/graph
            steps/decode.sh --cmd "$decode_cmd" --nj "$nj" --model-dir "${graph%/graph}" --log-likes "$exp/post_$part/post.scp" \
              --priors "$exp/priors" "$graph" "data/$part" "$decode"
          fi
          name=$lm_order-gram
          if [ "$search" = greedy ]; then name=greedy; fi
          like=
          if [ "$part" = test ]; then like=$exp/decode_val_$search; fi
          steps/score.sh "${scoring[@]}" --like "$like" --condition "$part, $name" "data/$part" "$graph" "$decode"
        done
      done
    done
  done
fi

if stage 7 "RESULTS.md, and the paper's tables" conf/results_header.md "exp/*/*/result.json"; then
  utils/make_word_results.sh --header conf/results_header.md exp
  utils/make_visual_tables.sh --condition "test, $lm_order-gram" --systems "${tabled[*]}" exp
  echo "$0: the results are in $PWD/RESULTS.md and TABLES.md; posteriors, lattices and logs lie in $PWD/exp"
fi
