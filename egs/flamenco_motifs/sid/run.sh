#!/usr/bin/env bash
# Singer identification on the published flamenco motifs: what the clips are, the paper's random split, and a split without shared audio.
#
#   ./run.sh --corpus /corpora/flamenco-motifs             again, it goes on where something is not done or has changed
#   ./run.sh --corpus /corpora/flamenco-motifs --status    what has been done, when and on what
#   ./run.sh --corpus /corpora/flamenco-motifs --systems "crnn_mel128 residual_blstm_mel128" --gpu 1     by their names in conf/systems
#
# The corpus is a clone of the clips that the authors of arXiv 2008.00198 published: folders AM EC EM JT TP of WAV files. They have no
# licence and stay where they are. More than half of the files are copies of others, some under another singer, so a random split is mostly
# a search for copies; controls that hear no motif stand beside every figure.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
. ./path.sh
. ./cmd.sh
. utils/systems.sh

corpus=           # clone of the published clips
splits="random overlap" # random: a reproduction, of all files; overlap: of the clean clips, by group. recording needs more recordings
seeds="0 1 2"     # each draws a split of either kind and starts the training of each system on it
systems="crnn_mini_mel128 residual50_mini_mel128 residual_blstm_mini_mel128" # to train, by their names in conf/systems
min_duration=0.15 # seconds of the shortest clip that is kept, of any singer; the random split has all
overrides=        # keys of the systems' configs to set, such as training.epochs=2
info=             # facts to record with the results, such as synthetic=true
num_draws=1000    # bootstrap draws behind the intervals
nj=2              # parallel jobs
num_threads=1     # of the training
gpu=0             # 1 trains and classifies on a GPU
. utils/stage.sh
. utils/parse_options.sh

control_config=$ROOT/conf/sid/mfcc20.yaml
feature_configs=("$control_config") configs=() parts=() networks=()
declare -A clips_of=([random]=all [overlap]=clean [recording]=clean)
declare -A condition_of=([random]="all motifs" [overlap]="clean motifs" [recording]="clean motifs")
for system in $systems; do
  find_system "$system"
  configs+=("$config") feature_configs+=("$features")
done
mapfile -t feature_configs < <(printf '%s\n' "${feature_configs[@]}" | sort -u)
for split in $splits; do
  if [ -z "${clips_of[$split]-}" ]; then
    echo "run.sh: --splits knows random, overlap and recording, not '$split'" >&2
    exit 1
  fi
  for seed in $seeds; do
    parts+=("data/${split}_seed$seed" "data/${split}_seed$seed/*")
    for system in $systems; do networks+=("exp/${split}_seed$seed/$system/final.pt"); done
  done
done

if stage 0 "Data directory of the published clips" local/flamenco_motifs/prepare_clips.py; then
  local/flamenco_motifs/prepare_clips.py --corpus "$corpus" data/all
  utils/data/get_utt2dur.sh data/all
  utils/validate_data_dir.sh --no-feats --no-text data/all
fi

if stage 1 "Audit: copies, clips under two singers, overlaps" data/all; then
  utils/find_shared_audio.sh --min-duration "$min_duration" data/all data/clean
fi

if stage 2 "Features of all clips" data/all "${feature_configs[@]}"; then
  for features in "${feature_configs[@]}"; do
    kind=$(basename "$features" .yaml)
    utils/copy_data_dir.sh data/all "data/all_$kind"
    steps/make_feats.sh --cmd "$feats_cmd" --nj "$nj" --feats-config "$features" --allow-resample true "data/all_$kind"
  done
fi

if stage 3 "Splits" data/all data/clean "data/all_*"; then
  for split in $splits; do
    for seed in $seeds; do
      to=data/${split}_seed$seed
      utils/split_recordings.sh --split "$split" --seed "$seed" "data/${clips_of[$split]}" "$to"
      for features in "${feature_configs[@]}"; do
        kind=$(basename "$features" .yaml)
        for part in train valid test; do
          utils/subset_data_dir.sh --utt-list "$to/$part/utt2spk" "data/all_$kind" "$to/${part}_$kind"
        done
      done
    done
  done
fi

if stage 4 "Controls" "${parts[@]}"; then
  for split in $splits; do
    for seed in $seeds; do
      data=data/${split}_seed$seed exp=exp/${split}_seed$seed
      for control in majority duration mfcc-svm; do
        suffix=
        if [ $control = mfcc-svm ]; then suffix=_$(basename "$control_config" .yaml); fi
        steps/control_classes.sh --cmd "$score_cmd" --seed "$seed" $control "$data/train$suffix" "$data/test$suffix" "$exp/$control/test"
        steps/score_classes.sh --cmd "$score_cmd" --system $control --condition "${condition_of[$split]}" --info "seed=$seed $info" \
          --num-draws "$num_draws" "$data" "$data/test" "$exp/$control/test" "$exp/$control/scores"
      done
    done
  done
fi

if stage 5 "Train the networks" conf/systems "${configs[@]}" "${parts[@]}"; then
  for split in $splits; do
    for seed in $seeds; do
      for system in $systems; do
        find_system "$system"
        kind=$(basename "$features" .yaml) data=data/${split}_seed$seed
        steps/train_embedding.sh --cmd "$train_cmd" --train-config "$config" --overrides "$settings $overrides" --seed "$seed" \
          --num-threads "$num_threads" --gpu "$gpu" --valid-data "$data/valid_$kind" "$data/train_$kind" "exp/${split}_seed$seed/$system"
      done
    done
  done
fi

if stage 6 "Classify the test clips, score" "${networks[@]}" "${parts[@]}"; then
  for split in $splits; do
    for seed in $seeds; do
      for system in $systems; do
        find_system "$system"
        kind=$(basename "$features" .yaml) data=data/${split}_seed$seed exp=exp/${split}_seed$seed/$system
        steps/classify_clips.sh --cmd "$train_cmd" --nj "$nj" --gpu "$gpu" "$exp" "$data/test_$kind" "$exp/test"
        steps/score_classes.sh --cmd "$score_cmd" --system "$(basename "$config" .yaml)" --features "$kind" \
          --condition "${condition_of[$split]}" --info "seed=$seed $exp/info.json $info" --num-draws "$num_draws" \
          "$data" "$data/test" "$exp/test" "$exp/scores"
      done
    done
  done
fi

if stage 7 "RESULTS.md" conf/results_header.md data/clean/shared_audio.json "exp/*/*/scores/result.json"; then
  local/flamenco_motifs/audit_table.py data/clean/shared_audio.json conf/results_header.md exp/header.md
  utils/make_class_results.sh --header exp/header.md exp
  echo "$0: the results are in $PWD/RESULTS.md; posteriors, confusion matrices and logs lie in $PWD/exp"
fi
