#!/usr/bin/env bash
# Speaker verification on VCTK: generalised end-to-end training of an LSTM against the self-attentive shallow network, on tests of
# several lengths.
#
#   ./run.sh --corpus /corpora/VCTK-Corpus-0.92             again, it goes on where something is not done or has changed
#   ./run.sh --corpus /corpora/VCTK-Corpus-0.92 --status    what has been done, when and on what
#
# A tenth of the speakers is held out. Each is enrolled with 10 whole utterances, 20 times over, and tested on others, cut to each length:
# the trials are the same at every length. local/vctk/prepare_speakers.py --help tells how they are made.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
. ./path.sh
. ./cmd.sh
. utils/systems.sh

corpus=               # the folder that holds speaker-info.txt and wav48_silence_trimmed (0.92) or wav48 (0.80)
test_speakers=11      # speakers held out, half of them women
lengths="1 2 4 8"     # seconds of the tests, beside the full ones; the longest is the least of a full one
enrol=10              # utterances that a speaker is enrolled with
draws=20              # times each is enrolled, each time with others
systems="ge2e sasn"   # networks to train, by their names in conf/systems
seeds="0 1 2"         # each system is trained once with each
overrides=            # keys of the systems' configs to set, such as training.epochs=2
back_ends="none mean" # none is the plain cosine of the papers; mean and asnorm use training speakers
cohort_utts=20        # utterances of each training speaker for mean and asnorm
top_n=50              # cohort speakers that asnorm looks at
info=                 # facts to record with the results, such as synthetic=true
num_draws=1000        # bootstrap draws behind the intervals
nj=8                  # parallel jobs
score_nj=4            # for each trial list
num_threads=4         # of the training
gpu=0                 # 1 trains and extracts on a GPU
. utils/stage.sh
. utils/parse_options.sh

test_sets=() test_dirs=()
for seconds in $lengths; do test_sets+=("test_${seconds}s"); done
test_sets+=(test_full)
for test in "${test_sets[@]}"; do test_dirs+=("data/$test"); done

declare -A config_of=() settings_of=() kind_of=()
configs=() networks=() feature_configs=() train_dirs=() feature_dirs=()
: "${systems:?--systems names none of conf/systems}"
for system in $systems; do
  find_system "$system"
  kind=${features##*/}
  kind=${kind%.yaml}
  config_of[$system]=$config settings_of[$system]="$settings $overrides" kind_of[$system]=$kind
  configs+=("$config")
  for seed in $seeds; do networks+=("exp/${system}_seed$seed/final.pt"); done
  if [[ " ${feature_configs[*]} " != *" $features "* ]]; then
    feature_configs+=("$features")
    train_dirs+=("data/$kind/train")
    for part in cohort enrol "${test_sets[@]}"; do feature_dirs+=("data/$kind/$part"); done
  fi
done

if stage 0 "Data directories and trials: speakers split, tests cut to each length"; then
  local/vctk/prepare_speakers.py --corpus "$corpus" --test-speakers "$test_speakers" --lengths "$lengths" --enrol "$enrol" \
    --draws "$draws" data
fi

if stage 1 "Log-mel features at 16 kHz" data/train data/enrol "${test_dirs[@]}" "${feature_configs[@]}"; then
  for features in "${feature_configs[@]}"; do
    kind=${features##*/}
    kind=${kind%.yaml}
    for part in train enrol "${test_sets[@]}"; do
      utils/copy_data_dir.sh "data/$part" "data/$kind/$part"
      steps/make_feats.sh --cmd "$feats_cmd" --nj "$nj" --feats-config "$features" --allow-resample true "data/$kind/$part"
    done
    utils/subset_data_dir.sh --per-spk "data/$kind/train" "$cohort_utts" "data/$kind/cohort"
  done
fi

if stage 2 "Train the networks" conf/systems "${configs[@]}" "${train_dirs[@]}"; then
  for system in $systems; do
    config=${config_of[$system]}
    settings=${settings_of[$system]}
    kind=${kind_of[$system]}
    for seed in $seeds; do
      steps/train_embedding.sh --cmd "$train_cmd" --train-config "$config" --overrides "$settings" --seed "$seed" \
        --num-threads "$num_threads" --gpu "$gpu" "data/$kind/train" "exp/${system}_seed$seed"
    done
  done
fi

if stage 3 "Extract embeddings" "${feature_dirs[@]}" "${networks[@]}"; then
  for system in $systems; do
    kind=${kind_of[$system]}
    for seed in $seeds; do
      for part in cohort enrol "${test_sets[@]}"; do
        steps/extract_embeddings.sh --cmd "$train_cmd" --nj "$nj" --gpu "$gpu" \
          "exp/${system}_seed$seed" "data/$kind/$part" "exp/${system}_seed$seed/$part"
      done
    done
  done
fi

if stage 4 "Score the trials at each length" data/trials "${feature_dirs[@]}" "${networks[@]}"; then
  for system in $systems; do
    kind=${kind_of[$system]}
    for seed in $seeds; do
      exp=exp/${system}_seed$seed
      for test in "${test_sets[@]}"; do
        for list in trials trials_same_sex; do
          for back_end in $back_ends; do
            steps/score_trials.sh --cmd "$score_cmd" --nj "$score_nj" --norm "$back_end" --top-n "$top_n" \
              --cohort-data "data/$kind/cohort" --cohort-dir "$exp/cohort" --enrol-dir "$exp/enrol" \
              --enrol-models data/trials/models --system "$system" --condition "$list $test" --info "$exp/info.json $info" \
              --num-draws "$num_draws" "data/trials/$list" "$exp/$test" "$exp/scores_${test}_${list}_$back_end"
          done
        done
      done
    done
  done
fi

if stage 5 "RESULTS.md" conf/results_header.md "exp/*/*/result.json"; then
  local/vctk/length_table.py --header conf/results_header.md exp exp/results_header.md
  utils/make_results.sh --header exp/results_header.md --det exp/det exp
  echo "$0: the results are in $PWD/RESULTS.md; plots, scores and logs lie in $PWD/exp"
fi
