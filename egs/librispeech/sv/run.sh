#!/usr/bin/env bash
# Speaker verification on LibriSpeech, trained from scratch on a CPU: any tree of it, from one utterance a speaker upwards.
#
#   ./run.sh --corpus /corpora/LibriSpeech             again, it goes on where something is not done or has changed
#   ./run.sh --corpus /corpora/LibriSpeech --status    what has been done, when and on what
#   ./run.sh --corpus /corpora/LibriSpeech --parts 4 --back-ends asnorm --systems "statistics average multi_head"
#                                                      poolings on one trunk: COMPARISON.md holds them against conf/comparisons' baseline
#
# Speakers are split first; then each test recording is cut into four parts, and trials compare parts. LibriSpeech speakers
# were mostly recorded in one place each, so a part can be recognised by its room: the two controls show how far that alone
# goes, and in the channel-perturbed condition every part has another microphone, room and noise.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
. ./path.sh
. ./cmd.sh
. utils/systems.sh

corpus=              # the folder that holds SPEAKERS.TXT and the subsets
test_speakers=50     # speakers held out, half of them women
parts="4 2"          # into how many parts each test recording is cut; each number is a test set
systems=resnet       # systems to train, by their names in conf/systems
back_ends="mean asnorm" # for the networks, of none (cosine) mean asnorm; pairs of cross attentive pooling have their own
seeds="0 1 2"        # each system is trained once with each
overrides=           # keys of the systems' configs to set, such as training.epochs=2
speeds="0.9 1.0 1.1" # a voice played at another speed counts as another speaker in training
copies=8             # augmented copies of each utterance at each speed, beside the plain one
nj=2                 # parallel jobs
num_threads=2        # of the training
gpu=0                # 1 trains and extracts on a GPU
. utils/stage.sh
. utils/parse_options.sh

test_sets=()
for n in $parts; do
  test_sets+=("test_${n}parts" "test_${n}parts_channel")
done
test_dirs=("${test_sets[@]/#/data/}")

# What is trained on: data/train, and a copy of it for each other pair of speed and number (copy 0 is not augmented).
variants=() train_dirs=(data/train)
for speed in $speeds; do
  for ((copy = 0; copy <= copies; copy++)); do
    if [ "$speed $copy" = "1.0 0" ]; then continue; fi
    variants+=("$speed $copy")
    train_dirs+=("data/train_sp${speed}_copy$copy")
  done
done

declare -A config_of=() settings_of=()
configs=() networks=()
: "${systems:?--systems names none of conf/systems}"
for system in $systems; do
  find_system "$system"
  config_of[$system]=$config settings_of[$system]="$settings $overrides"
  configs+=("$config")
  for seed in $seeds; do
    networks+=("exp/${system}_seed$seed/final.pt")
  done
done

pair_config=conf/cross_attentive.yaml # its systems compare the frames of two utterances: no embeddings, but maps

# The comparisons of conf/comparisons whose baseline is trained, with those of their systems that are. Seeds must be two or more.
declare -A costed=()
comparisons=()
while read -r title back_end baseline others; do
  compared=
  for system in $others; do
    if [[ " $systems " == *" $system "* ]]; then compared+=" $system"; fi
  done
  if [[ " $systems " == *" $baseline "* && -n $compared && $seeds == *" "* ]]; then
    comparisons+=(--compare "$title $back_end $baseline$compared")
    for system in $baseline $compared; do costed[$system]=exp/${system}_seed${seeds%% *}/final.pt; done
  fi
done < <(grep -v -e '^#' -e '^$' conf/comparisons)

if stage 0 "Data directories: speakers split, test recordings cut into parts, trials"; then
  local/librispeech/prepare_speakers.py --corpus "$corpus" --test-speakers "$test_speakers" --parts "$parts" data
  for n in $parts; do
    utils/copy_data_dir.sh "data/test_${n}parts" "data/test_${n}parts_channel"
  done
  for test in "${test_sets[@]}"; do
    utils/make_trials.sh "data/$test" "data/$test/trials"
    utils/make_trials.sh --same-sex "data/$test" "data/$test/trials_same_sex"
  done
  for variant in "${variants[@]}"; do
    read -r speed copy <<< "$variant"
    spk_prefix=
    if [ "$speed" != 1.0 ]; then spk_prefix=sp$speed-; fi
    utils/copy_data_dir.sh --utt-prefix "sp$speed-copy$copy-" --spk-prefix "$spk_prefix" data/train "data/train_sp${speed}_copy$copy"
  done
fi

if stage 1 "Log-mel features, plain and perturbed" "${train_dirs[@]}" "${test_dirs[@]}" "$ROOT"/conf/{fbank,channel,augment}.yaml; then
  for data in train "${test_sets[@]}"; do
    augment=
    if [[ $data == *_channel ]]; then augment=$ROOT/conf/channel.yaml; fi
    steps/make_feats.sh --cmd "$feats_cmd" --nj "$nj" --feats-config "$ROOT/conf/fbank.yaml" \
      --augment "$augment" --seed 100 "data/$data"
  done
  for variant in "${variants[@]}"; do
    read -r speed copy <<< "$variant"
    augment=
    if [ "$copy" -gt 0 ]; then augment=$ROOT/conf/augment.yaml; fi
    steps/make_feats.sh --cmd "$feats_cmd" --nj "$nj" --feats-config "$ROOT/conf/fbank.yaml" \
      --augment "$augment" --seed "$copy" --speed "$speed" "data/train_sp${speed}_copy$copy"
  done
  utils/combine_data.sh data/train_all "${train_dirs[@]}"
fi

if stage 2 "Controls: what recordings alone give away" data/train "${test_dirs[@]}" "$ROOT"/conf/{mfcc_hires,channel}.yaml; then
  for data in train "${test_sets[@]}"; do
    utils/copy_data_dir.sh "data/$data" "data/${data}_mfcc"
    augment=
    if [[ $data == *_channel ]]; then augment=$ROOT/conf/channel.yaml; fi
    steps/make_feats.sh --cmd "$feats_cmd" --nj "$nj" --feats-config "$ROOT/conf/mfcc_hires.yaml" \
      --augment "$augment" --seed 100 "data/${data}_mfcc"
  done
  for test in "${test_sets[@]}"; do
    steps/control_embeddings.sh --cmd "$score_cmd" noise-floor data/train "data/$test" "exp/noise_floor/$test"
    steps/control_embeddings.sh --cmd "$score_cmd" mean-std data/train_mfcc "data/${test}_mfcc" "exp/mean_std/$test"
    for list in trials trials_same_sex; do
      for control in noise_floor mean_std; do
        steps/score_trials.sh --cmd "$score_cmd" --system "$control (control)" --condition "$test $list" \
          "data/$test/$list" "exp/$control/$test" "exp/$control/scores_${test}_$list"
      done
    done
  done
fi

if stage 3 "Train the networks" conf/systems data/train_all "${configs[@]}"; then
  for seed in $seeds; do
    for system in $systems; do
      config=${config_of[$system]}
      settings=${settings_of[$system]}
      steps/train_embedding.sh --cmd "$train_cmd" --train-config "$config" --overrides "$settings" --seed "$seed" \
        --num-threads "$num_threads" --gpu "$gpu" data/train_all "exp/${system}_seed$seed"
    done
  done
fi

if stage 4 "Extract embeddings, or maps, of the test parts and of the training speakers" data/train "${test_dirs[@]}" "${networks[@]}"; then
  for seed in $seeds; do
    for system in $systems; do
      exp=exp/${system}_seed$seed
      if [ "${config_of[$system]}" = "$pair_config" ]; then
        for data in "${test_sets[@]}"; do
          steps/extract_maps.sh --cmd "$train_cmd" --nj "$nj" --gpu "$gpu" --crop-frames 1000 "$exp" "data/$data" "$exp/$data"
        done
      else
        for data in train "${test_sets[@]}"; do
          steps/extract_embeddings.sh --cmd "$train_cmd" --nj "$nj" --gpu "$gpu" "$exp" "data/$data" "$exp/$data"
        done
      fi
    done
  done
fi

if stage 5 "Score the trials" data/train "${test_dirs[@]}" "${networks[@]}"; then
  for seed in $seeds; do
    for system in $systems; do
      exp=exp/${system}_seed$seed
      for test in "${test_sets[@]}"; do
        for list in trials trials_same_sex; do
          if [ "${config_of[$system]}" = "$pair_config" ]; then
            steps/score_cross_attentive.sh --cmd "$score_cmd" --gpu "$gpu" --system "$system" --condition "$test $list" \
              --info "$exp/info.json" "$exp" "data/$test/$list" "$exp/$test" "$exp/scores_${test}_${list}"
            continue
          fi
          for norm in $back_ends; do
            steps/score_trials.sh --cmd "$score_cmd" --norm "$norm" --cohort-data data/train --cohort-dir "$exp/train" \
              --system "$system" --condition "$test $list" --info "$exp/info.json" \
              "data/$test/$list" "$exp/$test" "$exp/scores_${test}_${list}_$norm"
          done
        done
      done
    done
  done
fi

if stage 6 "RESULTS.md" conf/results_header.md "exp/*/*/result.json"; then
  utils/make_results.sh --header conf/results_header.md --det exp/det exp
  echo "$0: the results are in $PWD/RESULTS.md; plots, scores and logs lie in $PWD/exp"
fi

if stage 7 "COMPARISON.md" conf/comparisons conf/comparison_header.md "exp/*/*/result.json"; then
  if [ ${#comparisons[@]} -gt 0 ]; then
    models=()
    for system in "${!costed[@]}"; do models+=("$system=${costed[$system]}"); done
    $score_cmd "${costed[@]/#/--input=}" --output exp/costs.json exp/log/measure_costs.log \
      measure_costs.py --out exp/costs.json "${models[@]}"
    utils/compare_systems.sh --header conf/comparison_header.md --costs exp/costs.json "${comparisons[@]}" exp
  fi
fi
