#!/usr/bin/env bash
# Singer identification on corpusCOFLA, from whole recordings: pitch, contours, motifs, clips, networks, tested on other recordings.
#
#   ./run.sh --corpus /corpora/corpusCOFLA            again, it goes on where something is not done or has changed
#   ./run.sh --corpus /corpora/corpusCOFLA --status   what has been done, when and on what
#   ./run.sh --corpus /corpora/corpusCOFLA --systems "crnn_mel128 residual_blstm_mel128" --gpu 1     by their names in conf/systems
#   ./run.sh --corpus /corpora/cante100 --styles "fandangos tientos soleares"                        the open part, see below
#
# The corpus: its audio is given on request for research; of its part cante100 the metadata are public (doi 10.5281/zenodo.1322542, the
# audio 10.5281/zenodo.1324183). As its README, its metadata and the file names that the loader of mirdata lists have it, a tree holds
#   cante100Meta.xml           <track id="91"> with <artist>, <style>, and <style_family>, one of ten, Tonas and Fandangos among them
#   cante100audio/091_*.mp3    44.1 kHz, the track's number in three digits
# and so it is read here. That the metadata of all 1,500 recordings look the same is an assumption; where they name no family, the name of
# the style tells it. Audio may lie anywhere below the corpus, as FLAC, MP3, Ogg or WAV, of any number of channels. Spellings of a singer
# that differ in accents and capitals are one singer. In cante100 no singer has three recordings of tonás and fandangos. Tonás are sung alone;
# in most other styles there is a guitar, which the tracker of f0 was not made for.
# This has been run on a generated tree only.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
. ./path.sh
. ./cmd.sh
. utils/systems.sh

corpus=                   # folder of the metadata and the audio; nothing is written there
styles="tonas fandangos"  # families of styles
min_recordings=3          # singers with fewer are left out
test_fraction=0.2         # of the recordings of each singer
valid_fraction=0.1        # of the recordings not tested
motif_settings=           # keys of conf/motifs.yaml to set, such as min_length=8
clips="motifs segments random" # sets of clips to train and test on
systems="crnn_mini_mel128 residual50_mini_mel128 residual_blstm_mini_mel128" # to train, by their names in conf/systems
seed=0                    # of the split and of all training
overrides=                # keys of the systems' configs to set, such as training.epochs=2
info=                     # facts to record with the results, such as synthetic=true
num_draws=1000            # bootstrap draws behind the intervals
nj=4                      # parallel jobs
num_threads=1             # of each training
gpu=0                     # 1 trains and classifies on a GPU
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
facts="seed=$seed $info"

if stage 0 "Data directory of the recordings"; then
  local/cofla/prepare_sid.sh --cmd "$feats_cmd" --nj "$nj" --styles "$styles" --min-recordings "$min_recordings" \
    "${corpus:?--corpus names the folder of the metadata and the audio}" data/recordings
fi

if stage 1 "Copies of recordings; pitch" data/recordings "$ROOT/conf/f0.yaml"; then
  utils/find_shared_audio.sh --min-run 2205 data/recordings data/clean
  steps/make_f0.sh --cmd "$feats_cmd" --nj "$nj" --f0-config "$ROOT/conf/f0.yaml" data/clean
  utils/fix_data_dir.sh data/clean
fi

if stage 2 "Split by recording; contours with the levels of train" data/clean "$ROOT/conf/contour.yaml"; then
  utils/split_recordings.sh --min-run 2205 --test-fraction "$test_fraction" --valid-fraction "$valid_fraction" --seed "$seed" \
    data/clean data/split
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
        --num-threads "$num_threads" --gpu "$gpu" --valid-data "data/$set/valid_$kind" "data/$set/train_$kind" "exp/$set/$system"
    done
  done
fi

if stage 7 "Classify the clips of test, score" data/split "${networks[@]}" "data/*/test_*"; then
  for set in $clips; do
    for system in $systems; do
      find_system "$system"
      kind=$(basename "$features" .yaml) exp=exp/$set/$system
      steps/classify_clips.sh --cmd "$score_cmd" --nj "$nj" --gpu "$gpu" "$exp" "data/$set/test_$kind" "$exp/test"
      steps/score_classes.sh --cmd "$score_cmd" --system "$(basename "$config" .yaml)" --features "$kind" --condition "$set" \
        --info "$facts $exp/info.json" --num-draws "$num_draws" data/split "data/$set/test" "$exp/test" "exp/scores/$set/$system"
    done
  done
fi

if stage 8 "RESULTS.md" conf/results_header.md "exp/scores/*/*/result.json"; then
  utils/make_class_results.sh --header conf/results_header.md exp/scores
  echo "$0: results in $PWD/RESULTS.md, logs in $PWD/exp/*/*/log and $PWD/data/*/log"
fi
