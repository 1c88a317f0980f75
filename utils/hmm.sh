# hmm.sh: what the steps share that train and align HMMs. Source it after parts.sh.
# shellcheck shell=bash disable=SC2154 # the options of the step are its variables

# hmm_inputs <data-dir> <lang-dir> [<model-dir>]: end the step unless all that it reads is there; set the array `inputs`.
hmm_inputs() {
  local data=$1 lang=$2 model=${3:-} name
  require_files "$data/feats.scp" "$data/cmvn.scp" "$data/utt2num_frames" "$data/utt2spk" "$data/text" "$lang/topo"
  inputs=()
  table_inputs "$data" feats.scp feats.md5 cmvn.scp utt2num_frames utt2spk text
  lexicon_inputs "$lang"
  table_inputs "$lang" words.txt phones.txt oov.int topo phones/sets.int phones/roots.int phones/extra_questions.int
  if [ -n "$model" ]; then
    require_files "$model/final.mdl" "$model/tree" "$model/front_end.yaml"
    for name in final.mdl final.alimdl final.mat tree front_end.yaml num_jobs trans.1; do table_inputs "$model" "$name"; done
  fi
}

# train_hmm <data-dir> <lang-dir> <exp-dir> <option of train_hmm.py>...: train on ranks; the options of the step are in its variables.
train_hmm() {
  local data=$1 lang=$2 exp=$3 override resources=(--num-threads "$num_threads")
  local arguments=(--config "$train_config" --seed "$seed" --num-threads "$num_threads" "${@:4}")
  for override in $overrides; do arguments+=(--set "$override"); done
  if [ "${ntasks:-$nodes}" -gt 1 ]; then resources+=(--nodes "$nodes" --ntasks "${ntasks:-$nodes}"); fi
  $cmd "${resources[@]}" --input "$train_config" "${inputs[@]}" --output "$exp/final.mdl" --output "$exp/info.json" \
    "$exp/log/train.log" train_hmm.py "${arguments[@]}" "$data" "$lang" "$exp"
  rm -f "$exp"/.*.tmp # what a killed run was writing
  echo "${0##*/}: trained $exp/final.mdl, $(sed -n 's/^ *"num_gauss": \([0-9]*\).*/\1/p' "$exp/info.json") Gaussians"
}

# align_hmm <data-dir> <lang-dir> <model-dir> <exp-dir> <option of align_hmm.py>...: the same for alignment.
align_hmm() {
  local data=$1 lang=$2 model=$3 exp=$4 resources=(--num-threads "$num_threads")
  if [ "${ntasks:-$nodes}" -gt 1 ]; then resources+=(--nodes "$nodes" --ntasks "${ntasks:-$nodes}"); fi
  $cmd "${resources[@]}" "${inputs[@]}" --output "$exp/num_jobs" --output "$exp/scores" "$exp/log/align.log" \
    align_hmm.py --beam "$beam" --retry-beam "$retry_beam" --num-threads "$num_threads" "${@:5}" "$data" "$lang" "$model" "$exp"
  rm -f "$exp"/.*.tmp
  echo "${0##*/}: aligned $(wc -l < "$exp/scores") utterances of $data into $exp, $(wc -l < "$exp/left_out") are left out"
}
