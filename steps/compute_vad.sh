#!/usr/bin/env bash
# Decide for each frame whether it is speech, from its energy, as Kaldi's compute_vad_decision.sh does.
#
# In:  <data-dir> with feats.scp and utt2spk, the YAML of the rule (conf/vad.yaml for features with an energy column or C0,
#      conf/vad_fbank.yaml for log-mel features without one)
# Out: <data-dir>/vad.scp; the arks in <vad-dir>; a log of each job in <log-dir> with its share of speech
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"

cmd=run.py
nj=4 # number of jobs
vad_config=conf/vad.yaml
help_message="Usage: steps/compute_vad.sh [options] <data-dir> [<log-dir> [<vad-dir>]]
  e.g.: steps/compute_vad.sh --nj 8 data/train exp/make_vad/train vad
<log-dir> is <data-dir>/log and <vad-dir> is <data-dir>/data if not given.
Options: --cmd, --nj N, --vad-config YAML"
. "$ROOT/utils/parse_options.sh"
. "$ROOT/utils/parts.sh"
if [ $# -lt 1 ] || [ $# -gt 3 ]; then
  echo "$help_message" >&2
  exit 1
fi
data=${1%/}
log_dir=${2:-$data/log}
vad_dir=$(readlink -m "${3:-$data/data}")
require_files "$vad_config" "$data/feats.scp" "$data/utt2spk"
require_nj "$nj" "$data/utt2spk"

name=$(basename "$data")
prefix=$vad_dir/vad_$name
log=$log_dir/vad_$name
split=$data/split${nj}utt
split_data.sh --per-utt "$data" "$nj"
inputs=(--input "$vad_config") outputs=()
table_inputs "$split/JOB" feats.scp feats.md5
part_outputs "$prefix" "$nj" ark scp

rm -f "$data/vad.scp" # it may soon point into arks that have changed
$cmd "${inputs[@]}" "${outputs[@]}" JOB=1:"$nj" "$log.JOB.log" compute_vad.py "$vad_config" "$split/JOB" "$prefix.JOBof$nj"
merge_parts "$prefix" "$nj" scp "$data/vad.scp" --expect "$data/feats.scp"
remove_old_parts "$prefix" "$nj" "$log"
echo "compute_vad.sh: made voice activity decisions of $(wc -l < "$data/vad.scp") utterances of $data"
