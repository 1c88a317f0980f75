# training.sh: what steps share that train a network. Source it after parse_options.sh.
# shellcheck shell=bash disable=SC2154,SC2034 # the options of the step are its variables, and so are the arrays

# Each update frees what the next one takes again. By default the C library gives large blocks back to the system in between, and gets them
# anew, page by page: of a lip reader's training that is a tenth to a quarter of the time.
export MALLOC_TRIM_THRESHOLD_=8000000000 MALLOC_MMAP_THRESHOLD_=4000000000

# training_arguments: from the step's options train_config, overrides, seed, init, num_threads, gpu, nodes and ntasks set the arrays
# `arguments` (of the training command), `ranks` (of the launcher) and `inputs`.
training_arguments() {
  local override
  arguments=(--config "$train_config" --seed "$seed" --num-threads "$num_threads")
  for override in $overrides; do
    arguments+=(--set "$override")
  done
  if [ "$gpu" -gt 0 ]; then arguments+=(--device cuda); fi
  ranks=()
  ntasks=${ntasks:-$((nodes * (gpu > 0 ? gpu : 1)))}
  if [ "$ntasks" -gt 1 ]; then ranks=(--nodes "$nodes" --ntasks "$ntasks"); fi
  inputs=(--input "$train_config")
  if [ -n "$init" ]; then
    arguments+=(--init "$init")
    inputs+=(--input "$init")
  fi
}
