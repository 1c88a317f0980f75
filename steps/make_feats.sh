#!/usr/bin/env bash
# Make the features of a data directory.
#
# In:  <data-dir> with wav.scp and utt2spk (segments are honoured), the YAML of the features
# Out: <data-dir>/{feats.scp,utt2num_frames,utt2dur,frame_shift} and a copy of each YAML in <data-dir>/conf; the arks in
#      <feats-dir>; a log of each job in <log-dir>, which names every bad recording
#
# The matrices do not depend on --nj, nor does the order of feats.scp. The same call again runs only the jobs that have not
# succeeded. cmvn.scp and vad.scp of older features are removed.
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

mkdir -p "$data/conf"
reads=()
for config in "$feats_config" ${augment:+"$augment"}; do
  reads+=(--input "$config")
  if ! [ "$config" -ef "$data/conf/$(basename "$config")" ]; then cp "$config" "$data/conf"; fi
done
split_data.sh --per-utt "$data" "$nj"
for table in wav.scp utt2spk segments; do
  if [ -f "$data/$table" ]; then reads+=(--input "$split/JOB/$table"); fi
done
writes=()
for suffix in ark scp utt2num_frames utt2dur frame_shift; do writes+=(--output "$prefix.JOBof$nj.$suffix"); done

rm -f "$data/feats.scp" # it may soon point into arks that have changed
$cmd "${reads[@]}" "${writes[@]}" JOB=1:"$nj" "$log.JOB.log" \
  compute_feats.py --compress "$compress" ${augment:+--augment "$augment"} --seed "$seed" --speed "$speed" \
  --allow-resample "$allow_resample" --allow-missing "$allow_missing" "$feats_config" "$split/JOB" "$prefix.JOBof$nj"

# What was computed from older features goes: it is older than one of the parts.
for ((job = 1; job <= nj; job++)); do
  for table in cmvn.scp cmvn_utt.scp vad.scp; do
    if [ "$prefix.${job}of$nj.scp" -nt "$data/$table" ]; then rm -f "$data/$table"; fi
  done
done

# feats.scp comes last: where it is, all is there.
merge() {
  local parts=() job
  for ((job = 1; job <= nj; job++)); do parts+=("$prefix.${job}of$nj.$1"); done
  merge_scps.py --expect "$data/utt2spk" --allow-missing "$allow_missing" "$data/$2" "${parts[@]}"
}
merge utt2num_frames utt2num_frames
merge utt2dur utt2dur
cp "$prefix.1of$nj.frame_shift" "$data/frame_shift"
merge scp feats.scp

# Parts and logs of an earlier call with another --nj go, and what a killed job left half written.
shopt -s extglob nullglob
for file in "$prefix".+([0-9])of+([0-9]).*; do
  case $file in "$prefix".+([0-9])of"$nj".*) ;; *) rm "$file" ;; esac
done
rm -f "$feats_dir/.raw_${kind}_$name".+([0-9])of*.tmp
for ((job = nj + 1; ; job++)); do rm "$log.$job.log" 2> /dev/null || break; done
echo "make_feats.sh: made $kind features of $(wc -l < "$data/feats.scp") utterances of $data"
