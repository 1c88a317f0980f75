#!/usr/bin/env bash
# Speech recognition on LibriSpeech: monophones to speaker-adapted triphones on growing parts of the 100 hours, as in Kaldi's recipe,
# decoding with the small published trigram, and rescoring with the larger published models.
#
#   ./run.sh --corpus /corpora/LibriSpeech --lm /corpora/librispeech-lm             again, it goes on where something is not done
#   ./run.sh --corpus /corpora/LibriSpeech --lm /corpora/librispeech-lm --status    what has been done, when and on what
#   ./run.sh ... --train-subsets "train-clean-100 train-clean-360 train-other-500" --models "tri4b tri6b" --rescored tri6b    960 hours
#
# --lm is a folder with what openslr.org/11 publishes: librispeech-lexicon.txt, 3-gram.pruned.3e-7.arpa.gz (tgsmall),
# 3-gram.pruned.1e-7.arpa.gz (tgmed), 3-gram.arpa.gz (tglarge), 4-gram.arpa.gz (fglarge). Of the models only those named by --small-lm and
# --large-lms need be there.
#
# Monophones train on the 2,000 shortest utterances, tri1 on 5,000, tri2b (LDA + MLLT) and tri3b (SAT) on 10,000, tri4b (SAT) on the first
# of --train-subsets, tri5b and tri6b, where there are so many, on the first two and three. LM weight and insertion penalty are chosen on
# dev-clean for test-clean and on dev-other for test-other.
#
# What has been run: this recipe on a small generated tree of the same layout (SYNTHETIC; tests/recipes/test_librispeech_asr.py). It has
# never been run on LibriSpeech. What 100 hours need is computed, not measured: 2 GB of disk for MFCC and, while tri4b trains, 6 GB for
# exp/tri4b/spool. Training reads that in chunks, so memory does not grow with the corpus; --num-threads brings more CPUs to work. On GRID
# four trainings together took 53 CPU-seconds an hour of audio, and on a synthetic 4-gram mkgraph.sh took 1.6 GB for 12 million arcs. In
# rescoring every job holds two language models, for which KenLM takes some 25 bytes an n-gram: choose --decode-nj by memory.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
. ./path.sh
. ./cmd.sh

corpus=                        # LibriSpeech: the folder that holds SPEAKERS.TXT and the subsets
lm=                            # the folder that holds librispeech-lexicon.txt and the published language models
train_subsets="train-clean-100" # up to three, in the order in which SAT models grow
conditions="clean other"       # each is a dev and a test set
small_lm=tgsmall               # of the decoding graphs
large_lms="tgmed tglarge fglarge" # lattices are rescored with each
models="mono tri1 tri2b tri3b tri4b" # those that are decoded; all are trained
rescored=tri4b                 # those of them whose lattices are rescored
mono_utts=2000                 # the shortest, for the monophones
tri1_utts=5000                 # for triphones on deltas
tri2b_utts=10000               # for LDA + MLLT and the first SAT
mono_gauss=1000                # Gaussians of the monophones
tri1_size="2000 10000"         # tied states and Gaussians of tri1
tri2b_size="2500 15000"        # the same of the others
tri3b_size="2500 15000"
tri4b_size="4200 40000"
tri5b_size="5000 100000"
tri6b_size="7000 150000"
seed=0                         # of the trainings
overrides=                     # keys of the training configs to set, such as iterations=10
min_lm_weight=7                # the least that is tried on dev
info=                          # facts to record with the results, such as synthetic=true
num_draws=10000                # bootstrap draws behind the intervals
nj=4                           # parallel jobs
decode_nj=4                    # parallel jobs of decoding and rescoring
num_threads=4                  # of each training
. utils/stage.sh
. utils/parse_options.sh

train_dirs=() sat_models=() sets=() eval_dirs=() finals=() graphs=() lattices=()
for subset in $train_subsets; do
  train_dirs+=("data/${subset//-/_}")
  sat_models+=("tri$((3 + ${#train_dirs[@]}))b")
done
declare -A size_of=([tri4b]=$tri4b_size [tri5b]=$tri5b_size [tri6b]=$tri6b_size)
for condition in $conditions; do sets+=("dev_$condition" "test_$condition"); done
for part in "${sets[@]}"; do
  eval_dirs+=("data/$part")
  for model in $rescored; do lattices+=("exp/$model/decode_${small_lm}_$part/lat.*.gz"); done
done
for model in $models; do
  finals+=("exp/$model/final.mdl")
  graphs+=("exp/$model/graph_$small_lm/HCLG.fst")
done
small=data/local/lm/$small_lm.arpa.gz lms=("$small")
for name in $large_lms; do lms+=("data/local/lm/$name.arpa.gz"); done
training=(--cmd "$train_cmd" --seed "$seed" --num-threads "$num_threads" --overrides "$overrides")
aligning=(--cmd "$train_cmd" --num-threads "$num_threads")
scoring=(--cmd "$score_cmd" --info "seed=$seed $info" --num-draws "$num_draws")

if stage 0 "Data directories, lexicon and language models"; then
  subsets="$train_subsets ${sets[*]//_/-}"
  local/librispeech/prepare_asr.py --corpus "$corpus" --subsets "$subsets" --lm "$lm" --models "$small_lm $large_lms" data
fi

if stage 1 "MFCC and the statistics of each reader in each chapter" "${train_dirs[@]}" "${eval_dirs[@]}" "$ROOT/conf/mfcc.yaml"; then
  for folder in "${train_dirs[@]}" "${eval_dirs[@]}"; do
    steps/make_feats.sh --cmd "$feats_cmd" --nj "$nj" --feats-config "$ROOT/conf/mfcc.yaml" "$folder"
    steps/compute_cmvn.sh --cmd "$feats_cmd" "$folder"
  done
fi

if stage 2 "Lang folder, and one with the small language model" data/local/vocabulary data/local/lexicon.txt "$small"; then
  utils/prepare_dict.sh --word-list true --source none --oov-word "<UNK>" --lexicon data/local/lexicon.txt data/local/vocabulary data/dict
  utils/prepare_lang.sh --position-dependent-phones true data/dict "<UNK>" data/lang
  utils/format_lm.sh --unknown-words skip data/lang "$small" "data/lang_$small_lm"
fi

if stage 3 "Growing training sets" "${train_dirs[@]}"; then
  first=${train_dirs[0]}
  utils/subset_data_dir.sh --shortest "$first" "$mono_utts" data/train_mono
  utils/subset_data_dir.sh "$first" "$tri1_utts" data/train_tri1
  utils/subset_data_dir.sh "$first" "$tri2b_utts" data/train_tri2b
  for index in "${!sat_models[@]}"; do
    model=${sat_models[index]}
    utils/combine_data.sh "data/train_$model" "${train_dirs[@]:0:index+1}"
  done
fi

if stage 4 "Monophones on the shortest utterances" data/train_mono data/lang "$ROOT/conf/hmm/mono.yaml"; then
  steps/train_mono.sh "${training[@]}" --train-config "$ROOT/conf/hmm/mono.yaml" --totgauss "$mono_gauss" data/train_mono data/lang exp/mono
fi

if stage 5 "Triphones on deltas" data/train_tri1 data/lang exp/mono/final.mdl "$ROOT/conf/hmm/deltas.yaml"; then
  read -r leaves gauss <<< "$tri1_size"
  steps/align_si.sh "${aligning[@]}" data/train_tri1 data/lang exp/mono exp/mono_ali
  steps/train_deltas.sh "${training[@]}" --train-config "$ROOT/conf/hmm/deltas.yaml" \
    "$leaves" "$gauss" data/train_tri1 data/lang exp/mono_ali exp/tri1
fi

if stage 6 "LDA and MLLT" data/train_tri2b data/lang exp/tri1/final.mdl "$ROOT/conf/hmm/lda_mllt.yaml"; then
  read -r leaves gauss <<< "$tri2b_size"
  steps/align_si.sh "${aligning[@]}" data/train_tri2b data/lang exp/tri1 exp/tri1_ali
  steps/train_lda_mllt.sh "${training[@]}" --train-config "$ROOT/conf/hmm/lda_mllt.yaml" \
    "$leaves" "$gauss" data/train_tri2b data/lang exp/tri1_ali exp/tri2b
fi

if stage 7 "SAT" data/train_tri2b data/lang exp/tri2b/final.mdl "$ROOT/conf/hmm/sat.yaml"; then
  read -r leaves gauss <<< "$tri3b_size"
  steps/train_sat.sh "${training[@]}" --train-config "$ROOT/conf/hmm/sat.yaml" \
    "$leaves" "$gauss" data/train_tri2b data/lang exp/tri2b exp/tri3b
fi

if stage 8 "SAT on whole subsets" "${sat_models[@]/#/data/train_}" data/lang exp/tri3b/final.mdl "$ROOT/conf/hmm/sat.yaml"; then
  old=exp/tri3b
  for model in "${sat_models[@]}"; do
    size=${size_of[$model]}
    read -r leaves gauss <<< "$size"
    steps/align_fmllr.sh "${aligning[@]}" "data/train_$model" data/lang "$old" "${old}_ali"
    steps/train_sat.sh "${training[@]}" --train-config "$ROOT/conf/hmm/sat.yaml" \
      "$leaves" "$gauss" "data/train_$model" data/lang "${old}_ali" "exp/$model"
    old=exp/$model
  done
fi

if stage 9 "Decoding graphs" "data/lang_$small_lm" "${finals[@]}"; then
  for model in $models; do utils/mkgraph.sh "data/lang_$small_lm" "exp/$model" "exp/$model/graph_$small_lm"; done
fi

if stage 10 "Decode and score: each dev set chooses the weights of its test set" "${eval_dirs[@]}" "${graphs[@]}"; then
  for model in $models; do
    graph=exp/$model/graph_$small_lm
    decode=steps/decode.sh
    case $model in tri[3-6]b) decode=steps/decode_fmllr.sh ;; esac
    for part in "${sets[@]}"; do
      $decode --cmd "$decode_cmd" --nj "$decode_nj" "$graph" "data/$part" "exp/$model/decode_${small_lm}_$part"
    done
    for condition in $conditions; do
      dev=exp/$model/decode_${small_lm}_dev_$condition
      steps/score.sh "${scoring[@]}" --condition "dev_$condition, $small_lm" --min-lm-weight "$min_lm_weight" \
        "data/dev_$condition" "$graph" "$dev"
      steps/score.sh "${scoring[@]}" --condition "test_$condition, $small_lm" --like "$dev" \
        "data/test_$condition" "$graph" "exp/$model/decode_${small_lm}_test_$condition"
    done
  done
fi

if stage 11 "Rescore the lattices with the larger models" "${lattices[@]}" "${lms[@]}"; then
  for model in $rescored; do
    graph=exp/$model/graph_$small_lm
    for name in $large_lms; do
      for part in "${sets[@]}"; do
        steps/rescore.sh --cmd "$decode_cmd" "$small" "data/local/lm/$name.arpa.gz" "$graph" \
          "exp/$model/decode_${small_lm}_$part" "exp/$model/decode_${name}_$part"
      done
      for condition in $conditions; do
        dev=exp/$model/decode_${name}_dev_$condition
        steps/score.sh "${scoring[@]}" --condition "dev_$condition, $name" --min-lm-weight "$min_lm_weight" \
          "data/dev_$condition" "$graph" "$dev"
        steps/score.sh "${scoring[@]}" --condition "test_$condition, $name" --like "$dev" \
          "data/test_$condition" "$graph" "exp/$model/decode_${name}_test_$condition"
      done
    done
  done
fi

if stage 12 "RESULTS.md" conf/results_header.md "exp/*/*/result.json"; then
  utils/make_word_results.sh --header conf/results_header.md exp
  echo "$0: the results are in $PWD/RESULTS.md; lattices, graphs and logs lie in $PWD/exp"
fi
