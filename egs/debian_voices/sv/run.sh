#!/usr/bin/env bash
# Speaker verification on voices that come in Debian packages: telephone prompts, and games and alphabets for children in many languages.
#
#   ./run.sh                             on Debian, without root; 670 MB are downloaded once. Again, it goes on where something is not done
#   ./run.sh --corpus /corpora/debian    where the packages are unpacked, or are to be
#   ./run.sh --status                    what has been done, when and on what
#
# Whose voice a recording is stands in local/debian_voices/labels, with what is dropped and why; the packages, with their licences, in
# local/debian_voices/packages. Each of three packages is tested by networks that were trained on the others; trials are between the
# speakers of one package. In these, most speakers have a language, a microphone and a room of their own. The controls show how far that
# goes without any voice, and in the channel-perturbed condition every utterance has another microphone, room and noise.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
. ./path.sh
. ./cmd.sh

corpus=data/packages # where the packages are unpacked; those that are missing are downloaded
seconds=2.5          # recordings of a speaker are put together to utterances of this length
chains=40            # utterances of a speaker at most
tests="klettres-data ktuberling-data tuxpaint-stamps-default" # packages to test, each by networks trained on the others
systems=resnet       # systems to train, of conf/<system>.yaml
back_ends="mean asnorm" # for the networks, of none (cosine) mean asnorm
seeds="0 1 2"        # each system is trained once with each
overrides=           # keys of the systems' configs to set, such as training.epochs=2
speeds="0.9 1.0 1.1" # a voice played at another speed counts as another speaker in training
copies=2             # augmented copies of each utterance at each speed, beside the plain one
top_n=20             # nearest training speakers that AS-norm looks at
info=                # facts to record with the results, such as synthetic=true
num_draws=1000       # bootstrap draws behind the intervals
nj=2                 # parallel jobs
num_threads=1        # of the training
gpu=0                # 1 trains and extracts on a GPU
. utils/stage.sh
. utils/parse_options.sh

packages=()
while read -r package _; do packages+=("$package"); done < <(grep -v '^#' local/debian_voices/packages)

# What is trained on: a copy of all speakers for each pair of speed and number (copy 0 is not augmented), of which each test takes its part.
variants=() variant_dirs=()
for speed in $speeds; do
  for ((copy = 0; copy <= copies; copy++)); do
    variants+=("$speed $copy")
    variant_dirs+=("data/all_sp${speed}_copy$copy")
  done
done

configs=() networks=() train_dirs=() augmented_dirs=() test_dirs=() mfcc_dirs=()
for package in $tests; do
  train_dirs+=("data/train_$package")
  augmented_dirs+=("data/train_${package}_augmented")
  test_dirs+=("data/test_$package" "data/test_${package}_channel")
  mfcc_dirs+=("data/train_${package}_mfcc" "data/test_${package}_mfcc" "data/test_${package}_channel_mfcc")
  for system in $systems; do
    for seed in $seeds; do networks+=("exp/${system}_${package}_seed$seed/final.pt"); done
  done
done
for system in $systems; do configs+=("conf/$system.yaml"); done

if stage 0 "Download and unpack the packages" local/debian_voices/packages; then
  local/debian_voices/download_packages.sh "$corpus" "${packages[@]}"
fi

if stage 1 "Data directory of all voices; who is tested and who is trained on" "$corpus/*/version" \
  local/debian_voices/{packages,labels,corpus.py,chains.py,prepare_speakers.py}; then
  local/debian_voices/prepare_speakers.py --corpus "$corpus" --seconds "$seconds" --chains "$chains" data
fi

if stage 2 "Features of all voices, plain and perturbed" data/all conf/{fbank,mfcc}.yaml "$ROOT"/conf/{channel,augment}.yaml; then
  for kind in fbank mfcc; do
    for condition in plain channel; do
      augment=
      if [ $condition = channel ]; then augment=$ROOT/conf/channel.yaml; fi
      utils/copy_data_dir.sh data/all "data/all_${condition}_$kind"
      steps/make_feats.sh --cmd "$feats_cmd" --nj "$nj" --feats-config "conf/$kind.yaml" --augment "$augment" --seed 100 \
        "data/all_${condition}_$kind"
    done
  done
  for variant in "${variants[@]}"; do
    read -r speed copy <<< "$variant"
    augment=
    if [ "$copy" -gt 0 ]; then augment=$ROOT/conf/augment.yaml; fi
    utils/copy_data_dir.sh --utt-prefix "sp$speed-copy$copy-" --spk-prefix "sp$speed-" data/all "data/all_sp${speed}_copy$copy"
    steps/make_feats.sh --cmd "$feats_cmd" --nj "$nj" --feats-config conf/fbank.yaml \
      --augment "$augment" --seed "$copy" --speed "$speed" "data/all_sp${speed}_copy$copy"
  done
  utils/combine_data.sh data/all_augmented "${variant_dirs[@]}"
fi

if stage 3 "Training and test data of each tested package; trials" data/speakers "data/all_*_fbank" "data/all_*_mfcc" \
  data/all_augmented; then
  for package in $tests; do
    train=data/speakers/train_$package test=data/speakers/test_$package
    awk -v speeds="$speeds" '{ n = split(speeds, s, " "); for (i = 1; i <= n; i++) print "sp" s[i] "-" $1 }' "$train" > "${train}_speeds"
    utils/subset_data_dir.sh --spk-list "${train}_speeds" data/all_augmented "data/train_${package}_augmented"
    utils/subset_data_dir.sh --spk-list "$train" data/all_plain_fbank "data/train_$package"
    utils/subset_data_dir.sh --spk-list "$train" data/all_plain_mfcc "data/train_${package}_mfcc"
    for kind in fbank mfcc; do
      suffix=
      if [ $kind = mfcc ]; then suffix=_mfcc; fi
      utils/subset_data_dir.sh --spk-list "$test" "data/all_plain_$kind" "data/test_$package$suffix"
      utils/subset_data_dir.sh --spk-list "$test" "data/all_channel_$kind" "data/test_${package}_channel$suffix"
    done
    utils/make_trials.sh "data/test_$package"
    utils/make_trials.sh "data/test_${package}_channel"
  done
fi

if stage 4 "Controls: what recordings alone give away" "${train_dirs[@]}" "${test_dirs[@]}" "${mfcc_dirs[@]}"; then
  for package in $tests; do
    for test in "test_$package" "test_${package}_channel"; do
      steps/control_embeddings.sh --cmd "$score_cmd" noise-floor "data/train_$package" "data/$test" "exp/noise_floor/$test"
      steps/control_embeddings.sh --cmd "$score_cmd" mean-std "data/train_${package}_mfcc" "data/${test}_mfcc" "exp/mean_std/$test"
      for control in noise_floor mean_std; do
        steps/score_trials.sh --cmd "$score_cmd" --system "$control (control)" --condition "$test" --info "$info" \
          --num-draws "$num_draws" "data/$test" "exp/$control/$test" "exp/$control/scores_$test"
      done
    done
  done
fi

if stage 5 "Train the embedding networks" "${augmented_dirs[@]}" "${configs[@]}"; then
  for system in $systems; do
    for seed in $seeds; do
      for package in $tests; do
        steps/train_embedding.sh --cmd "$train_cmd" --train-config "conf/$system.yaml" --overrides "$overrides" --seed "$seed" \
          --num-threads "$num_threads" --gpu "$gpu" "data/train_${package}_augmented" "exp/${system}_${package}_seed$seed"
      done
    done
  done
fi

if stage 6 "Extract the embeddings of tests and training speakers" "${train_dirs[@]}" "${test_dirs[@]}" "${networks[@]}"; then
  for system in $systems; do
    for seed in $seeds; do
      for package in $tests; do
        exp=exp/${system}_${package}_seed$seed
        for data in "train_$package" "test_$package" "test_${package}_channel"; do
          steps/extract_embeddings.sh --cmd "$train_cmd" --nj "$nj" --gpu "$gpu" "$exp" "data/$data" "$exp/$data"
        done
      done
    done
  done
fi

if stage 7 "Score the trials" "${train_dirs[@]}" "${test_dirs[@]}" "${networks[@]}"; then
  for system in $systems; do
    for seed in $seeds; do
      for package in $tests; do
        exp=exp/${system}_${package}_seed$seed
        for test in "test_$package" "test_${package}_channel"; do
          for norm in $back_ends; do
            steps/score_trials.sh --cmd "$score_cmd" --norm "$norm" --top-n "$top_n" --cohort-data "data/train_$package" \
              --cohort-dir "$exp/train_$package" --system "$system" --condition "$test" --info "$exp/info.json $info" \
              --num-draws "$num_draws" "data/$test" "$exp/$test" "$exp/scores_${test}_$norm"
          done
        done
      done
    done
  done
fi

if stage 8 "RESULTS.md" conf/results_header.md local/debian_voices/package_table.py "exp/*/*/result.json"; then
  local/debian_voices/package_table.py --header conf/results_header.md exp exp/results_header.md
  utils/make_results.sh --header exp/results_header.md --det exp/det exp
  echo "$0: the results are in $PWD/RESULTS.md; plots, scores and logs lie in $PWD/exp"
fi
