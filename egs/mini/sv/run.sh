#!/usr/bin/env bash
# Speaker verification on SYNTHETIC voices: every stage of the recipes for real speech, in minutes and without a download.
#
#   ./run.sh             again, it goes on at the first stage that is not done or whose inputs or options have changed
#   ./run.sh --status    what has been done, when and on what
#   ./run.sh --systems "resnet xvector ge2e cross_attentive ivector"    other systems, in small, by their names in conf/systems
#
# The voices, rooms and noises are made here, by a synthesiser that comes with the environment. The figures show that the
# programs work; they say nothing about people.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
. ./path.sh
. ./cmd.sh
. utils/systems.sh

nj=2                 # parallel jobs
num_threads=2        # of the training
train_speakers=40    # voices trained on
test_speakers=16     # voices tested, none of them trained on
sentences=20         # of each voice
systems="resnet"     # systems to train, by their names in conf/systems
seed=0               # of the training
overrides=           # keys of the networks' configs to set, such as training.epochs=2
back_ends="none mean asnorm" # for networks, of none (cosine) mean asnorm; i-vectors are scored by PLDA, and pairs by their network
top_n=20             # cohort speakers that AS-norm looks at
num_draws=1000       # bootstrap draws behind the intervals
. utils/stage.sh
. utils/parse_options.sh

# What each system is trained by, and on what: features of the kind fbank lie in data/train and data/test, others in data/<kind>/.
declare -A config_of=() settings_of=() data_of=()
configs=() feature_configs=() train_dirs=() test_dirs=() networks=()
: "${systems:?--systems names none of conf/systems}"
for system in $systems; do
  find_system "$system"
  kind=${features##*/} kind=${kind%.yaml}
  config_of[$system]=$config settings_of[$system]=$settings data_of[$system]=data/$kind
  if [ "$kind" = fbank ]; then data_of[$system]=data; fi
  if [[ " ${feature_configs[*]} " != *" $features "* ]]; then feature_configs+=("$features"); fi
  configs+=("$config")
  train_dirs+=("${data_of[$system]}/train")
  test_dirs+=("${data_of[$system]}/test")
  networks+=("exp/$system/final.pt")
done

if stage 0 "Make the corpus and its data directories"; then
  local/mini/prepare_speakers.sh --cmd "$feats_cmd" --nj "$nj" --num-train-speakers "$train_speakers" \
    --num-test-speakers "$test_speakers" --sentences-per-speaker "$sentences" data/corpus data
fi

if stage 1 "Features" data/train data/test "$ROOT/conf/vad.yaml" "${feature_configs[@]}"; then
  for features in "${feature_configs[@]}"; do
    kind=${features##*/}
    kind=${kind%.yaml}
    for part in train test; do
      data=data/$part
      if [ "$kind" != fbank ]; then
        data=data/$kind/$part
        utils/copy_data_dir.sh "data/$part" "$data"
      fi
      steps/make_feats.sh --cmd "$feats_cmd" --nj "$nj" --feats-config "$features" "$data"
      if [ "$kind" = mfcc ]; then
        steps/compute_vad.sh --cmd "$feats_cmd" --nj "$nj" --vad-config "$ROOT/conf/vad.yaml" "$data"
      fi
    done
  done
fi

if stage 2 "Train the systems" conf/systems "${configs[@]}" "${train_dirs[@]}"; then
  for system in $systems; do
    config=${config_of[$system]}
    settings=${settings_of[$system]}
    train=${data_of[$system]}/train
    case $config in
      conf/ivector.yaml)
        steps/train_ivector.sh --cmd "$train_cmd" --train-config "$config" --overrides "$settings" --seed "$seed" \
          --num-threads "$num_threads" "$train" "exp/$system"
        ;;
      *)
        steps/train_embedding.sh --cmd "$train_cmd" --train-config "$config" --overrides "$settings $overrides" --seed "$seed" \
          --num-threads "$num_threads" "$train" "exp/$system"
        ;;
    esac
  done
fi

if stage 3 "Extract embeddings, i-vectors or frame maps" "${train_dirs[@]}" "${test_dirs[@]}" "${networks[@]}"; then
  for system in $systems; do
    data=${data_of[$system]}
    case ${config_of[$system]} in
      conf/cross_attentive.yaml)
        steps/extract_maps.sh --cmd "$train_cmd" --nj "$nj" "exp/$system" "$data/test" "exp/$system/test"
        ;;
      conf/ivector.yaml)
        for part in train test; do
          steps/extract_ivectors.sh --cmd "$train_cmd" --nj "$nj" "exp/$system" "$data/$part" "exp/$system/$part"
        done
        ;;
      *)
        for part in train test; do
          steps/extract_embeddings.sh --cmd "$train_cmd" --nj "$nj" "exp/$system" "$data/$part" "exp/$system/$part"
        done
        ;;
    esac
  done
fi

if stage 4 "Score the trials" data/train data/test "${networks[@]}"; then
  for system in $systems; do
    exp=exp/$system
    options=(--cmd "$score_cmd" --system "$system" --condition test --num-draws "$num_draws" --info "$exp/info.json synthetic=true")
    case ${config_of[$system]} in
      conf/cross_attentive.yaml)
        steps/score_cross_attentive.sh "${options[@]}" "$exp" data/test "$exp/test" "$exp/scores"
        ;;
      conf/ivector.yaml)
        steps/train_plda.sh --cmd "$score_cmd" data/train "$exp/train" "$exp/plda.npz"
        steps/score_trials.sh "${options[@]}" --plda "$exp/plda.npz" data/test "$exp/test" "$exp/scores_plda"
        ;;
      *)
        for norm in $back_ends; do
          steps/score_trials.sh "${options[@]}" --norm "$norm" --top-n "$top_n" --cohort-data data/train --cohort-dir "$exp/train" \
            data/test "$exp/test" "$exp/scores_$norm"
        done
        ;;
    esac
  done
fi

if stage 5 "RESULTS.md" conf/results_header.md "exp/*/*/result.json"; then
  utils/make_results.sh --header conf/results_header.md --det exp/det exp
  echo "$0: results in $PWD/RESULTS.md, DET curves in $PWD/exp/det, logs in $PWD/exp/*/log and $PWD/data/*/log"
fi
