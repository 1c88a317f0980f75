#!/usr/bin/env bash
# Make a data directory whose features are the frames of speech alone, for networks that are not to see silence.
#
# In:  <data-dir> with feats.scp and vad.scp (steps/compute_vad.sh)
# Out: <voiced-data-dir>: the same tables with feats.scp, utt2num_frames and feats.md5 of the frames of speech; the arks in its data/; a log of
#      each job in its log/
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"

cmd=run.py
nj=4            # number of jobs
compress=false  # two bytes a value
allow_missing=0 # utterances without any speech that each job may leave out
help_message="Usage: steps/select_voiced.sh [options] <data-dir> <voiced-data-dir>
  e.g.: steps/select_voiced.sh --nj 8 data/train data/train_voiced
Options: --cmd, --nj N, --compress true|false, --allow-missing N"
. "$ROOT/utils/parse_options.sh"
. "$ROOT/utils/parts.sh"
if [ $# -ne 2 ]; then
  echo "$help_message" >&2
  exit 1
fi
data=${1%/} voiced=${2%/}
require_files "$data/feats.scp" "$data/vad.scp" "$data/utt2spk"
require_nj "$nj" "$data/utt2spk"
prefix=$(readlink -m "$voiced/data")/voiced_$(basename "$voiced")
split=$data/split${nj}utt
split_data.sh --per-utt "$data" "$nj"
inputs=() outputs=()
table_inputs "$split/JOB" feats.scp feats.md5 vad.scp
part_outputs "$prefix" "$nj" ark scp utt2num_frames feats.md5
copy_data_dir.sh "$data" "$voiced"
rm -f "$voiced"/{feats.scp,vad.scp,cmvn.scp,cmvn_utt.scp} # of all frames, or soon pointing into arks that have changed
$cmd "${inputs[@]}" "${outputs[@]}" JOB=1:"$nj" "$voiced/log/select_voiced.JOB.log" \
  select_voiced.py --compress "$compress" --allow-missing "$allow_missing" "$split/JOB" "$prefix.JOBof$nj"
most=$((nj * allow_missing))
merge_parts "$prefix" "$nj" utt2num_frames "$voiced/utt2num_frames" --expect "$data/utt2spk" --allow-missing "$most"
merge_parts "$prefix" "$nj" feats.md5 "$voiced/feats.md5" --expect "$data/utt2spk" --allow-missing "$most"
merge_parts "$prefix" "$nj" scp "$voiced/feats.scp" --expect "$data/utt2spk" --allow-missing "$most"
remove_old_parts "$prefix" "$nj" "$voiced/log/select_voiced"
fix_data_dir.sh "$voiced" # without the utterances that have no speech
echo "select_voiced.sh: made $voiced of the frames of speech of $(wc -l < "$voiced/feats.scp") utterances"
