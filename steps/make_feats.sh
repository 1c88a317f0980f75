#!/usr/bin/env bash
# Make the features of a data directory.
#
# In:  <data-dir> with wav.scp and utt2spk (segments are honoured), the YAML of the features
# Out: <data-dir>/{feats.scp,feats.md5,utt2num_frames,utt2dur,frame_shift} and a copy of each YAML in <data-dir>/conf; the
#      arks in <feats-dir>; a log of each job in <log-dir>, which names every bad recording
#
# The matrices do not depend on --nj, nor does the order of feats.scp. The same call again runs only the jobs that have not
# succeeded or whose audio has another size or date (the files behind a pipe are not looked at). feats.md5 tells the steps
# that follow which features have changed. cmvn.scp and vad.scp of older features are removed.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"

cmd=run.py
nj=4                 # number of jobs
feats_config=conf/fbank.yaml
compress=false       # two bytes a value
augment=             # YAML of perturbations of the waveform
seed=0               # of augmentation and dither
speed=1.0            # play the waveforms this much faster
allow_resample=false # convert audio of another sampling rate, which is an error otherwise
allow_missing=0      # bad utterances to go on without
help_message="Usage: steps/make_feats.sh [options] <data-dir> [<log-dir> [<feats-dir>]]
  e.g.: steps/make_feats.sh --nj 8 --feats-config conf/mfcc.yaml data/train exp/make_mfcc/train mfcc
<log-dir> is <data-dir>/log and <feats-dir> is <data-dir>/data if not given.
Options: --cmd, --nj N, --feats-config YAML, --compress true|false, --augment YAML, --seed N, --speed FACTOR,
  --allow-resample true|false, --allow-missing N (over all jobs)"
. "$ROOT/utils/parse_options.sh"
. "$ROOT/utils/parts.sh"
if [ $# -lt 1 ] || [ $# -gt 3 ]; then
  echo "$help_message" >&2
  exit 1
fi
data=${1%/}
log_dir=${2:-$data/log}
feats_dir=$(readlink -m "${3:-$data/data}")

kind=$(basename "$feats_config" .yaml)
name=$(basename "$data")
prefix=$feats_dir/raw_${kind}_$name
log=$log_dir/make_${kind}_$name
split=$data/split${nj}utt

require_files "$feats_config" ${augment:+"$augment"} "$data/wav.scp" "$data/utt2spk"
require_nj "$nj" "$data/utt2spk"
mkdir -p "$data/conf"
inputs=() outputs=()
for config in "$feats_config" ${augment:+"$augment"}; do
  inputs+=(--input "$config")
  if ! [ "$config" -ef "$data/conf/$(basename "$config")" ]; then cp "$config" "$data/conf"; fi
done
split_data.sh --per-utt "$data" "$nj"
list_audio.py "$split"/+([0-9])
table_inputs "$split/JOB" wav.scp utt2spk segments audio_files
part_outputs "$prefix" "$nj" ark scp utt2num_frames utt2dur feats.md5 frame_shift

rm -f "$data/feats.scp" # it may soon point into arks that have changed
$cmd "${inputs[@]}" "${outputs[@]}" JOB=1:"$nj" "$log.JOB.log" \
  compute_feats.py --compress "$compress" ${augment:+--augment "$augment"} --seed "$seed" --speed "$speed" \
  --allow-resample "$allow_resample" --allow-missing "$allow_missing" "$feats_config" "$split/JOB" "$prefix.JOBof$nj"

# What was computed from older features goes: it is older than one of the parts.
for ((job = 1; job <= nj; job++)); do
  for table in cmvn.scp cmvn_utt.scp vad.scp; do
    if [ "$prefix.${job}of$nj.scp" -nt "$data/$table" ]; then rm -f "$data/$table"; fi
  done
done

merge() { merge_parts "$prefix" "$nj" "$1" "$data/$2" --expect "$data/utt2spk" --allow-missing "$allow_missing"; }
merge utt2num_frames utt2num_frames
merge utt2dur utt2dur
merge feats.md5 feats.md5
cp "$prefix.1of$nj.frame_shift" "$data/frame_shift"
merge scp feats.scp # last: where it is, all is there
remove_old_parts "$prefix" "$nj" "$log"
echo "make_feats.sh: made $kind features of $(wc -l < "$data/feats.scp") utterances of $data"
