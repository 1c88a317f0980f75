#!/usr/bin/env bash
# Speaker verification on SYNTHETIC voices: every stage of the recipes for real speech, in minutes and without a download.
#
#   ./run.sh             again, it goes on at the first stage that is not done or whose inputs or options have changed
#   ./run.sh --status    what has been done, when and on what
#
# The voices, rooms and noises are made here, by a synthesiser that comes with the environment. The figures show that the
# programs work; they say nothing about people.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
. ./path.sh
. ./cmd.sh

nj=2                 # parallel jobs
num_threads=2        # of the training
train_speakers=40    # voices trained on
test_speakers=16     # voices tested, none of them trained on
sentences=20         # of each voice
systems="resnet"     # systems to train, of conf/<system>.yaml
seed=0               # of the training
overrides=           # keys of the systems' configs to set, such as training.epochs=2
top_n=20             # cohort speakers that AS-norm looks at
num_draws=1000       # bootstrap draws behind the intervals
. utils/stage.sh
. utils/parse_options.sh

configs=() networks=()
for system in $systems; do
  configs+=("conf/$system.yaml")
  networks+=("exp/$system/final.pt")
done

if stage 0 "Make the corpus and its data directories"; then
  local/mini/prepare_speakers.sh --cmd "$feats_cmd" --nj "$nj" --num-train-speakers "$train_speakers" \
    --num-test-speakers "$test_speakers" --sentences-per-speaker "$sentences" data/corpus data
fi

if stage 1 "Log-mel features" data/train data/test "$ROOT/conf/fbank.yaml"; then
  for part in train test; do
    steps/make_feats.sh --cmd "$feats_cmd" --nj "$nj" --feats-config "$ROOT/conf/fbank.yaml" data/$part
  done
fi

if stage 2 "Train the embedding network" data/train "${configs[@]}"; then
  for system in $systems; do
    steps/train_embedding.sh --cmd "$train_cmd" --train-config "conf/$system.yaml" --overrides "$overrides" --seed "$seed" \
      --num-threads "$num_threads" data/train "exp/$system"
  done
fi

if stage 3 "Extract embeddings" data/train data/test "${networks[@]}"; then
  for system in $systems; do
    for part in train test; do
      steps/extract_embeddings.sh --cmd "$train_cmd" --nj "$nj" "exp/$system" data/$part "exp/$system/$part"
    done
  done
fi

if stage 4 "Score the trials" data/train data/test "${networks[@]}"; then
  for system in $systems; do
    for norm in none mean asnorm; do
      steps/score_trials.sh --cmd "$score_cmd" --norm $norm --top-n "$top_n" --cohort-data data/train --cohort-dir "exp/$system/train" \
        --system "$system" --condition test --num-draws "$num_draws" --info "exp/$system/info.json synthetic=true" \
        data/test "exp/$system/test" "exp/$system/scores_$norm"
    done
  done
fi

if stage 5 "RESULTS.md" conf/results_header.md "exp/*/*/result.json"; then
  utils/make_results.sh --header conf/results_header.md --det exp/det exp
  echo "$0: results in $PWD/RESULTS.md, DET curves in $PWD/exp/det, logs in $PWD/exp/*/log and $PWD/data/*/log"
fi
