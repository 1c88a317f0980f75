#!/usr/bin/env bash
# Speaker verification on VoxCeleb: the systems of conf/systems, the i-vector baseline, and cross attentive pooling.
#
#   ./run.sh --vox1 /corpora/VoxCeleb1 --systems "resnet34_asp resnet34_mrmha6"                        1,211 speakers of Vox1, list O
#   ./run.sh --vox1 /corpora/VoxCeleb1 --vox2 /corpora/VoxCeleb2 --train vox2 --cross-attentive fast   5,994 of Vox2; O, E and H
#
# The lists (veri_test.txt, veri_test2.txt, list_test_all.txt, ...) lie in --lists-dir, or in the folder of VoxCeleb1. VoxCeleb2 may be AAC,
# which ffmpeg then decodes once, for the features. local/voxceleb/check_archives.sh checks what was downloaded.
#
# Networks on MFCC see the frames of speech alone. --large-margin "resnet34_asp" trains that network on, with a larger margin on longer
# crops, as resnet34_asp_lm. --held-out 100 keeps 100 dev speakers out of all training, calibrates the scores of every network on trials of
# theirs, with quality measures, and fuses the networks where there are several.
#
# --waves true trains on crops of waveforms with MUSAN and RIRS_NOISES added afresh to each, instead of on stored features: the way of
# the x-vector and the serialized network. It wants WAV: AAC would be decoded anew for each crop.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
. ./path.sh
. ./cmd.sh
. utils/systems.sh

vox1=                                 # folder of VoxCeleb1: vox1_dev_wav/wav and vox1_test_wav/wav, or dev/wav and test/wav
vox2=                                 # folder of VoxCeleb2: dev/wav or dev/aac
lists_dir=                            # folder of the published trial lists; that of VoxCeleb1 if not given
musan=                                # folder of MUSAN, for --waves true
rirs=                                 # folder of RIRS_NOISES, for --waves true
train=vox1                            # dev speakers to train on: vox1, vox2 or both
lists=                                # of O O-cleaned E E-cleaned H H-cleaned; if not given, all that the training speakers leave open
systems="resnet34_asp resnet34_mrmha6" # networks to train, by their names in conf/systems
large_margin=                         # those of the networks, of conf/resnet34.yaml, to tune with a larger margin, as <name>_lm
held_out=0                            # dev speakers to train calibration and fusion on instead of the networks; 0 does neither
ivector=false                         # true: the i-vector baseline with PLDA too
cross_attentive=                      # trunks to train with cross attentive pooling: fast, thin or both
seeds=0                               # each system is trained once with each
overrides=                            # keys of the networks' configs to set, such as training.epochs=2
ivector_overrides=                    # the same for conf/ivector.yaml
back_ends="none asnorm"               # for the networks, of none (cosine) inner mean asnorm plda; the last is calibrated
waves=false                           # true: train on waveforms, augmented on the fly
compress=true                         # two bytes a feature value
cohort_utts=20                        # utterances of each training speaker for AS-norm and PLDA
top_n=300                             # cohort speakers that AS-norm looks at
lda_dim=128                           # LDA before PLDA; empty for none
check_counts=true                     # false: take a part of the corpus and shorter lists
info=                                 # facts to record with the results, such as synthetic=true
num_draws=1000                        # bootstrap draws behind the intervals
nj=40                                 # parallel jobs for features
extract_nj=8                          # for embeddings and maps
score_nj=8                            # for each trial list
num_threads=4                         # of each training
gpu=1                                 # GPUs of each training, and one for each extracting job; 0 is none
. utils/stage.sh
. utils/parse_options.sh

lists_dir=${lists_dir:-$vox1}
if [ -z "$lists" ]; then
  lists="O O-cleaned"
  if [ "$train" = vox2 ]; then lists+=" E E-cleaned H H-cleaned"; fi
fi
extract_gpu=$((gpu > 0))

# What each system is trained by, and on what: networks by their lines in conf/systems, cross attentive pooling as it stands there.
declare -A config_of=() settings_of=() kind_of=() trained_on=() init_of=()
feature_configs=() wave_configs=()
# add_system <name> <config> <features> <settings>
add_system() {
  local kind=${3##*/}
  kind=${kind%.yaml}
  config_of[$1]=$2 settings_of[$1]="$4 $overrides" kind_of[$1]=$kind trained_on[$1]=data/$kind/$train
  if [ "$waves" = true ]; then
    settings_of[$1]+=" $(local/voxceleb/wave_input.py "$3" local/voxceleb/augment.yaml)"
    trained_on[$1]=data/$train
    wave_configs+=(local/voxceleb/augment.yaml "$3")
  fi
  if [[ " ${feature_configs[*]} " != *" $3 "* ]]; then feature_configs+=("$3"); fi
}
for system in $systems; do
  find_system "$system"
  add_system "$system" "$config" "$features" "$settings"
done
for system in $large_margin; do
  if [ "${config_of[$system]-}" != conf/resnet34.yaml ]; then
    echo "run.sh: --large-margin takes those of --systems that are of conf/resnet34.yaml, not '$system'" >&2
    exit 1
  fi
  find_system "$system"
  add_system "${system}_lm" conf/resnet34_large_margin.yaml "$features" "$settings"
  init_of[${system}_lm]=$system
  systems+=" ${system}_lm"
done
pair_systems=()
for trunk in $cross_attentive; do
  case $trunk in
    fast) settings= ;;
    thin) settings="encoder.strides=[1,2,2,2] encoder.max_pool=true" ;;
    *)
      echo "run.sh: --cross-attentive takes fast and thin, not '$trunk'" >&2
      exit 1
      ;;
  esac
  pair_systems+=("${trunk}_cap")
  add_system "${trunk}_cap" conf/cross_attentive.yaml "$ROOT/conf/fbank64.yaml" "$settings"
done
if [ "$ivector" = true ]; then feature_configs+=("$ROOT/conf/mfcc.yaml"); fi

# The parts of the data that networks embed; those of them, beside the training part, that have features of their own.
parts=("${train}_cohort" test) own_features=(test)
if [ "$held_out" -gt 0 ]; then
  parts+=("${train}_held_out")
  own_features+=("${train}_held_out")
fi

# Inputs of the stages; what is not asked for reads nothing.
train_inputs=() test_inputs=() networks=() pair_inputs=() ivector_inputs=()
for system in $systems; do
  train_inputs+=("${trained_on[$system]}" "${config_of[$system]}")
  for part in "${parts[@]}"; do test_inputs+=("data/${kind_of[$system]}/$part"); done
  for seed in $seeds; do networks+=("exp/${system}_${train}_seed$seed/final.pt"); done
done
for system in "${pair_systems[@]}"; do
  pair_inputs+=("${trained_on[$system]}" conf/cross_attentive.yaml data/fbank64/test data/test)
done
held_out_inputs=()
if [ "$held_out" -gt 0 ]; then
  held_out_inputs=("data/${train}_held_out" data/test "${networks[@]}" "${test_inputs[@]}")
fi
if [ "$ivector" = true ]; then
  ivector_inputs=("data/mfcc/$train" "data/mfcc/${train}_cohort" data/mfcc/test data/test "$ROOT/conf/ivector.yaml")
fi

if stage 0 "Data directories, trial lists, noises"; then
  local/voxceleb/prepare_train.py --train "$train" --vox1 "$vox1" --vox2 "$vox2" --check-counts "$check_counts" \
    --held-out "$held_out" --held-out-dir "data/${train}_held_out_all" "data/$train"
  local/voxceleb/prepare_test.py --vox1 "$vox1" --lists-dir "$lists_dir" --lists "$lists" --train-data "data/$train" \
    --check-counts "$check_counts" data/test
  utils/subset_data_dir.sh --per-spk "data/$train" "$cohort_utts" "data/${train}_cohort"
  if [ "$held_out" -gt 0 ]; then
    utils/subset_data_dir.sh --per-spk "data/${train}_held_out_all" "$cohort_utts" "data/${train}_held_out"
    utils/make_trials.sh --max-nontarget 100000 "data/${train}_held_out" "data/${train}_held_out/trials"
  fi
  if [ "$waves" = true ]; then
    local/voxceleb/prepare_noises.py --musan "$musan" --rirs "$rirs" data/noises
    utils/data/get_utt2dur.sh --nj 8 "data/$train"
  fi
fi

# make_features <config> <part>: into data/<kind>/<part>; of MFCC, networks get the frames of speech, i-vectors the decisions.
make_features() {
  local kind=${1##*/} out
  kind=${kind%.yaml} out=data/$kind/$2
  if [[ $kind == mfcc?* ]]; then out=data/$kind/all_frames/$2; fi
  utils/copy_data_dir.sh "data/$2" "$out"
  steps/make_feats.sh --cmd "$feats_cmd" --nj "$nj" --feats-config "$1" --compress "$compress" "$out"
  if [[ $kind == mfcc* ]]; then
    steps/compute_vad.sh --cmd "$feats_cmd" --nj "$nj" --vad-config "$ROOT/conf/vad.yaml" "$out"
  fi
  if [[ $kind == mfcc?* ]]; then
    steps/select_voiced.sh --cmd "$feats_cmd" --nj "$nj" --compress "$compress" "$out" "data/$kind/$2"
  fi
}

if stage 1 "Features" "data/$train" "${parts[@]/#/data/}" "$ROOT/conf/vad.yaml" "${feature_configs[@]}"; then
  for features in "${feature_configs[@]}"; do
    kind=${features##*/}
    kind=${kind%.yaml}
    for part in "${own_features[@]}"; do make_features "$features" "$part"; done
    if [ "$waves" = true ] && [ "$kind" != mfcc ]; then
      make_features "$features" "${train}_cohort"
    else
      make_features "$features" "$train"
      utils/subset_data_dir.sh --utt-list "data/${train}_cohort/utt2spk" "data/$kind/$train" "data/$kind/${train}_cohort"
    fi
  done
fi

if stage 2 "Train the networks" conf/systems "${wave_configs[@]}" "${train_inputs[@]}"; then
  for system in $systems; do
    config=${config_of[$system]}
    settings=${settings_of[$system]}
    data=${trained_on[$system]}
    for seed in $seeds; do
      init=${init_of[$system]+exp/${init_of[$system]}_${train}_seed$seed/final.pt}
      steps/train_embedding.sh --cmd "$train_cmd" --train-config "$config" --overrides "$settings" --init "$init" --seed "$seed" \
        --num-threads "$num_threads" --gpu "$gpu" "$data" "exp/${system}_${train}_seed$seed"
    done
  done
fi

if stage 3 "Extract the embeddings of the test utterances, of the cohort and of held-out speakers" "${test_inputs[@]}" "${networks[@]}"; then
  for system in $systems; do
    kind=${kind_of[$system]}
    for seed in $seeds; do
      exp=exp/${system}_${train}_seed$seed
      for part in "${parts[@]}"; do
        steps/extract_embeddings.sh --cmd "$train_cmd" --nj "$extract_nj" --gpu "$extract_gpu" "$exp" "data/$kind/$part" "$exp/$part"
      done
    done
  done
fi

# score_list <name> <exp-dir> <back end> <trials> <part> <condition>: into <exp-dir>/scores_<condition>_<back end>
score_list() {
  local options=(--norm "$3" --top-n "$top_n" --cohort-data "data/${train}_cohort" --cohort-dir "$2/${train}_cohort")
  if [ "$3" = plda ]; then
    steps/train_plda.sh --cmd "$score_cmd" --lda-dim "$lda_dim" "data/${train}_cohort" "$2/${train}_cohort" "$2/plda.npz"
    options=(--plda "$2/plda.npz")
  fi
  steps/score_trials.sh --cmd "$score_cmd" --nj "$score_nj" "${options[@]}" --system "$1 ($train)" --condition "$6" \
    --info "$2/info.json $info" --num-draws "$num_draws" "$4" "$2/$5" "$2/scores_${6#Vox1-}_$3"
}

# score <name> <exp-dir> <back end>: all lists
score() {
  local list
  for list in $lists; do score_list "$@" "data/test/trials_$list" test "Vox1-$list"; done
}

if stage 4 "Score the trial lists" data/test "data/${train}_cohort" "${test_inputs[@]}" "${networks[@]}"; then
  for system in $systems; do
    for seed in $seeds; do
      exp=exp/${system}_${train}_seed$seed
      for back_end in $back_ends; do score "$system" "$exp" "$back_end"; done
    done
  done
fi

if stage 5 "i-vectors and PLDA" "${ivector_inputs[@]}"; then
  if [ "$ivector" = true ]; then
    for seed in $seeds; do
      exp=exp/ivector_${train}_seed$seed
      steps/train_ivector.sh --cmd "$train_cmd" --train-config "$ROOT/conf/ivector.yaml" --overrides "$ivector_overrides" --seed "$seed" \
        --num-threads "$num_threads" --gpu "$gpu" "data/mfcc/$train" "$exp"
      for part in "${train}_cohort" test; do
        steps/extract_ivectors.sh --cmd "$train_cmd" --nj "$extract_nj" --gpu "$extract_gpu" "$exp" "data/mfcc/$part" "$exp/$part"
      done
      score ivector "$exp" plda
    done
  fi
fi

if stage 6 "Cross attentive pooling" "${wave_configs[@]}" "${pair_inputs[@]}"; then
  for system in "${pair_systems[@]}"; do
    settings=${settings_of[$system]}
    data=${trained_on[$system]}
    for seed in $seeds; do
      exp=exp/${system}_${train}_seed$seed
      steps/train_embedding.sh --cmd "$train_cmd" --train-config conf/cross_attentive.yaml --overrides "$settings" --seed "$seed" \
        --num-threads "$num_threads" --gpu "$gpu" "$data" "$exp"
      steps/extract_maps.sh --cmd "$train_cmd" --nj "$extract_nj" --gpu "$extract_gpu" --compress "$compress" \
        "$exp" data/fbank64/test "$exp/test"
      for list in $lists; do
        steps/score_cross_attentive.sh --cmd "$score_cmd" --nj "$score_nj" --gpu "$extract_gpu" --system "$system ($train)" \
          --condition "Vox1-$list" --info "$exp/info.json $info" --num-draws "$num_draws" "$exp" "data/test/trials_$list" "$exp/test" \
          "$exp/scores_$list"
      done
    done
  done
fi

# calibrate <name> <folder for calibration> <quality parts> <exp-dir> ...: of one network, or the fusion of several, by the last back end.
calibrate() {
  local list back_end=${back_ends##* } held_out_quality=() test_quality=() exps=("${@:4}")
  if [ "$3" = quality ]; then held_out_quality=(--quality "$4/quality_held_out") test_quality=(--quality "$4/quality_test"); fi
  steps/train_calibration.sh --cmd "$score_cmd" "${held_out_quality[@]}" "data/${train}_held_out" \
    "${exps[@]/%//scores_held_out_$back_end}" "$2/calibration.json"
  for list in $lists; do
    steps/calibrate_scores.sh --cmd "$score_cmd" "${test_quality[@]}" --system "$1 ($train)" --num-draws "$num_draws" \
      "data/test/trials_$list" "$2/calibration.json" "${exps[@]/%//scores_${list}_$back_end}" "$2/calibrated_$list"
  done
}

if stage 7 "Calibration and fusion" "${held_out_inputs[@]}"; then
  if [ "$held_out" -gt 0 ]; then
    for seed in $seeds; do
      fused=()
      for system in $systems; do
        exp=exp/${system}_${train}_seed$seed
        score_list "$system" "$exp" "${back_ends##* }" "data/${train}_held_out/trials" "${train}_held_out" held_out
        for part in "${train}_held_out" test; do
          steps/measure_quality.sh --cmd "$score_cmd" --top-n "$top_n" "data/${kind_of[$system]}/$part" "$exp/$part" \
            "data/${train}_cohort" "$exp/${train}_cohort" "$exp/quality_${part#"${train}_"}"
        done
        calibrate "$system, calibrated" "$exp" quality "$exp"
        fused+=("$exp")
      done
      if [ "${#fused[@]}" -gt 1 ]; then calibrate "fusion of ${systems// /, }" "exp/fusion_${train}_seed$seed" none "${fused[@]}"; fi
    done
  fi
fi

if stage 8 "RESULTS.md" conf/results_header.md "exp/*/*/result.json"; then
  utils/make_results.sh --header conf/results_header.md --det exp/det exp
  echo "$0: the results are in $PWD/RESULTS.md; plots, scores and logs lie in $PWD/exp"
fi
