#!/usr/bin/env bash
# Write when each word and phone was said, from an alignment.
#
# In:  <data-dir>/text, <lang-dir>, <ali-dir>/{ali.N.gz,num_jobs,final.mdl} of a training or aligning step
# Out: <ali-dir>/{ctm,phones.ctm}, a log in <ali-dir>/log
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"

cmd=run.py
help_message="Usage: steps/get_ctm.sh [options] <data-dir> <lang-dir> <ali-dir>
  e.g.: steps/get_ctm.sh data/train data/lang exp/tri1
Options: --cmd"
. "$ROOT/utils/parse_options.sh"
. "$ROOT/utils/parts.sh"
if [ $# -ne 3 ]; then
  echo "$help_message" >&2
  exit 1
fi
data=${1%/} lang=${2%/} ali=${3%/}
require_files "$data/text" "$ali/final.mdl" "$ali/num_jobs"
inputs=(--input "$data/text" --input "$ali/final.mdl")
lexicon_inputs "$lang"
for ((job = 1; job <= $(cat "$ali/num_jobs"); job++)); do inputs+=(--input "$ali/ali.$job.gz"); done
$cmd "${inputs[@]}" --output "$ali/ctm" --output "$ali/phones.ctm" "$ali/log/get_ctm.log" ali_to_ctm.py "$data" "$lang" "$ali"
echo "get_ctm.sh: made $ali/ctm and $ali/phones.ctm"
