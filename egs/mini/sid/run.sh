#!/usr/bin/env bash
# Singer identification on SYNTHETIC flamenco: every stage of the recipes for real singing, in minutes and without a download.
#
#   ./run.sh             again, it goes on at the first stage that is not done or whose inputs or options have changed
#   ./run.sh --status    what has been done, when and on what
#   ./run.sh --systems "$(sed '/^#/d; s/ .*//' conf/systems | xargs)"    all of the paper's Table 2, in small
#
# Voices made from formulas sing a cappella. Their f0 is tracked, and held against the exact one; its contour becomes symbols; patterns that
# come again are motifs. Networks tell the singers from clips of motifs, of 3 s about them, and of anything. Whole recordings are kept for
# the test.
# The figures show that the programs work; they say nothing about people.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
. ./path.sh
. ./cmd.sh
. utils/systems.sh

singers=5             # voices
recordings=10         # of each, in as many rooms
songs=3               # that all of them sing
phrases=3             # of a song
test_fraction=0.3     # of the recordings of each singer
valid_fraction=0.15   # of the recordings not tested
motif_settings="min_length=8 min_duration=0.4 first_per_phrase=true" # keys of conf/motifs.yaml; as it stands, it finds ten times as many
clips="motifs segments random" # sets of clips to train and test on
systems="crnn_mel128" # to train, by their names in conf/systems
seed=0                # of the split and of all training
overrides=            # keys of the networks' configs to set, such as training.epochs=2
num_draws=1000        # bootstrap draws behind the intervals
nj=2                  # parallel jobs
num_threads=1         # of each training
. utils/stage.sh
. utils/parse_options.sh

control_config=$ROOT/conf/sid/mfcc20.yaml
feature_configs=("$control_config") configs=() clip_dirs=() networks=()
for system in $systems; do
  find_system "$system"
  configs+=("$config") feature_configs+=("$features")
  for set in $clips; do networks+=("exp/$set/$system/final.pt"); done
done
mapfile -t feature_configs < <(printf '%s\n' "${feature_configs[@]}" | sort -u)
for set in $clips; do
  for part in train valid test; do clip_dirs+=("data/$set/$part"); done
done
facts="seed=$seed synthetic=true"

if stage 0 "Make the corpus and its data directory"; then
  local/mini/prepare_sid.sh --cmd "$feats_cmd" --nj "$nj" --num-singers "$singers" --recordings-per-singer "$recordings" \
    --num-songs "$songs" --phrases-per-song "$phrases" data/corpus data/recordings
fi

if stage 1 "Pitch, held against the exact one" data/recordings "$ROOT/conf/f0.yaml"; then
  steps/make_f0.sh --cmd "$feats_cmd" --nj "$nj" --f0-config "$ROOT/conf/f0.yaml" data/recordings
  local/mini/score_f0.py data/recordings data/recordings/f0_accuracy
fi

if stage 2 "Split by recording; contours with the levels of train" data/recordings "$ROOT/conf/contour.yaml"; then
  utils/split_recordings.sh --test-fraction "$test_fraction" --valid-fraction "$valid_fraction" --seed "$seed" data/recordings data/split
  contours=(--cmd "$feats_cmd" --contour-config "$ROOT/conf/contour.yaml")
  steps/make_contours.sh "${contours[@]}" data/split/train exp/contour
  for part in valid test; do
    steps/make_contours.sh "${contours[@]}" --levels exp/contour/levels "data/split/$part" exp/contour
  done
fi

if stage 3 "Motifs of train, wherever they occur; clips" data/split/train data/split/valid data/split/test "$ROOT/conf/motifs.yaml"; then
  steps/find_motifs.sh --cmd "$feats_cmd" --motifs-config "$ROOT/conf/motifs.yaml" --overrides "$motif_settings" \
    data/split/train exp/dictionary/train
  for part in valid test; do
    steps/find_motifs.sh --cmd "$feats_cmd" --dictionary exp/dictionary/train "data/split/$part" "exp/dictionary/$part"
  done
  for set in $clips; do
    for part in train valid test; do
      steps/make_clips.sh --cmd "$feats_cmd" --kind "$set" --seed "$seed" "data/split/$part" "exp/dictionary/$part" "data/$set/$part"
    done
  done
fi

if stage 4 "Features" "${clip_dirs[@]}" "${feature_configs[@]}"; then
  utils/combine_data.sh data/clips "${clip_dirs[@]}"
  utils/data/get_utt2dur.sh data/clips
  for features in "${feature_configs[@]}"; do
    kind=$(basename "$features" .yaml)
    utils/copy_data_dir.sh data/clips "data/clips_$kind"
    steps/make_feats.sh --cmd "$feats_cmd" --nj "$nj" --feats-config "$features" --allow-resample true "data/clips_$kind"
    for dir in "${clip_dirs[@]}"; do
      utils/subset_data_dir.sh --utt-list "$dir/utt2spk" "data/clips_$kind" "${dir}_$kind"
    done
  done
fi

if stage 5 "Controls" data/split "data/*/train_mfcc20" "data/*/test_mfcc20"; then
  for set in $clips; do
    train=data/$set/train_mfcc20 test=data/$set/test_mfcc20
    for control in majority duration mfcc-svm; do
      steps/control_classes.sh --cmd "$score_cmd" --seed "$seed" $control "$train" "$test" "exp/$set/$control/test"
      steps/score_classes.sh --cmd "$score_cmd" --system $control --condition "$set" --info "$facts" --num-draws "$num_draws" \
        data/split "$test" "exp/$set/$control/test" "exp/scores/$set/$control"
    done
  done
fi

if stage 6 "Train the networks" conf/systems "${configs[@]}" "data/*/train_*" "data/*/valid_*"; then
  for set in $clips; do
    for system in $systems; do
      find_system "$system"
      kind=$(basename "$features" .yaml)
      steps/train_embedding.sh --cmd "$train_cmd" --train-config "$config" --overrides "$settings $overrides" --seed "$seed" \
        --num-threads "$num_threads" --valid-data "data/$set/valid_$kind" "data/$set/train_$kind" "exp/$set/$system"
    done
  done
fi

if stage 7 "Which singer? Classify the clips of test" data/split "${networks[@]}" "data/*/test_*"; then
  for set in $clips; do
    for system in $systems; do
      find_system "$system"
      kind=$(basename "$features" .yaml) exp=exp/$set/$system
      steps/classify_clips.sh --cmd "$score_cmd" --nj "$nj" "$exp" "data/$set/test_$kind" "$exp/test"
      steps/score_classes.sh --cmd "$score_cmd" --system "$(basename "$config" .yaml)" --features "$kind" --condition "$set" \
        --info "$facts $exp/info.json" --num-draws "$num_draws" data/split "data/$set/test" "$exp/test" "exp/scores/$set/$system"
    done
  done
fi

if stage 8 "The same singer? Embeddings of the clips of test, and trials" "${networks[@]}" "data/*/test_*"; then
  for set in $clips; do
    utils/make_trials.sh --exclude-same recording --max-target 20000 --max-nontarget 20000 --seed "$seed" "data/$set/test"
    for system in $systems; do
      find_system "$system"
      kind=$(basename "$features" .yaml) exp=exp/$set/$system
      steps/extract_embeddings.sh --cmd "$score_cmd" --nj "$nj" "$exp" "data/$set/test_$kind" "$exp/embeddings"
      steps/score_trials.sh --cmd "$score_cmd" --system "$system" --condition "$set" --info "$facts $exp/info.json" \
        --num-draws "$num_draws" "data/$set/test" "$exp/embeddings" "exp/trial_scores/$set/$system"
    done
  done
fi

if stage 9 "RESULTS.md" "conf/*_header.md" data/recordings/f0_accuracy "exp/*scores/*/*/result.json"; then
  head -n 3 data/recordings/f0_accuracy > exp/f0.md
  cat conf/results_header.md exp/f0.md > exp/header.md
  utils/make_class_results.sh --header exp/header.md --out exp/singers.md exp/scores
  utils/make_results.sh --header conf/trials_header.md --out exp/trials.md exp/trial_scores
  cat exp/singers.md exp/trials.md > exp/RESULTS.md
  mv exp/RESULTS.md RESULTS.md
  echo "$0: results in $PWD/RESULTS.md, logs in $PWD/exp/*/*/log and $PWD/data/*/log"
fi
