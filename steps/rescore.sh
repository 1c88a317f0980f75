#!/usr/bin/env bash
# Replace the language model scores in the lattices of a decoding by those of another n-gram model.
#
# In:  <old-lm>, the model that the decoding graph was made from, and <new-lm>: ARPA (.gz or not) or KenLM's binary format;
#      <graph-dir>/words.txt; <decode-dir>/lat.*.gz
# Out: <new-decode-dir>/lat.*.gz and num_jobs, to be scored as any other decoding
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"

cmd=run.py
lm_scale=1 # of the new scores
help_message="Usage: steps/rescore.sh [options] <old-lm> <new-lm> <graph-dir> <decode-dir> <new-decode-dir>
  e.g.: steps/rescore.sh data/lm/3gram.arpa.gz data/lm/4gram.arpa.gz exp/tri3/graph exp/tri3/decode_test exp/tri3/decode_test_4gram
Options: --cmd, --lm-scale X"
. "$ROOT/utils/parse_options.sh"
. "$ROOT/utils/parts.sh"
if [ $# -ne 5 ]; then
  echo "$help_message" >&2
  exit 1
fi
old_lm=$1 new_lm=$2 graph=${3%/} decode=${4%/} new_decode=${5%/}

require_files "$old_lm" "$new_lm" "$graph/words.txt" "$decode/num_jobs"
nj=$(cat "$decode/num_jobs")
inputs=(--input "$old_lm" --input "$new_lm" --input "$graph/words.txt" --input "$decode/lat.JOB.gz")
rm -f "$new_decode/num_jobs" # without it nobody reads parts of two calls together
$cmd "${inputs[@]}" --output "$new_decode/lat.JOB.gz" JOB=1:"$nj" "$new_decode/log/rescore.JOB.log" \
  rescore_lattices.py --lm-scale "$lm_scale" "$graph/words.txt" "$old_lm" "$new_lm" "$decode/lat.JOB.gz" "$new_decode/lat.JOB.gz"
for ((job = nj + 1; ; job++)); do rm "$new_decode/lat.$job.gz" 2> /dev/null || break; done
echo "$nj" > "$new_decode/num_jobs"
echo "rescore.sh: rescored $decode into $new_decode"
