#!/usr/bin/env bash
# Find the f0 of the recordings of a data directory: unaccompanied singing, a value every 256 samples at 44.1 kHz.
#
# In:  <data-dir> with wav.scp and utt2spk (segments are honoured), the YAML of the tracker
# Out: <data-dir>/{f0.scp,f0_report} and a copy of the YAML in <data-dir>/conf; the arks in <f0-dir>; a log of each job in <log-dir>
#
# f0.scp has a float32 vector of each recording: Hz, 0 where unvoiced, value i at i * 256 / 44100 s whatever the recording's own rate.
# f0_report has a line for each recording that was dropped, or kept though something is odd, with the reasons. Dropped are recordings
# that cannot be read, sampled below 16 kHz, with samples that are no numbers, too short, silent, or unvoiced throughout; clipping and
# hardly any voiced frames only warn (cortado/pitch/faults.py decides). utils/fix_data_dir.sh takes the dropped ones out of the other
# tables. The values do not depend on --nj, nor does the order of f0.scp. The same call again runs only the jobs that have not succeeded
# or whose audio has another size or date. Other trackers, under other licences: make_f0.py --help.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"

cmd=run.py
nj=4 # number of jobs
f0_config=conf/f0.yaml
help_message="Usage: steps/make_f0.sh [options] <data-dir> [<log-dir> [<f0-dir>]]
  e.g.: steps/make_f0.sh --nj 8 data/recordings exp/make_f0/recordings f0
<log-dir> is <data-dir>/log and <f0-dir> is <data-dir>/data if not given.
Options: --cmd, --nj N, --f0-config YAML"
. "$ROOT/utils/parse_options.sh"
. "$ROOT/utils/parts.sh"
if [ $# -lt 1 ] || [ $# -gt 3 ]; then
  echo "$help_message" >&2
  exit 1
fi
data=${1%/}
log_dir=${2:-$data/log}
f0_dir=$(readlink -m "${3:-$data/data}")
require_files "$f0_config" "$data/wav.scp" "$data/utt2spk"
require_nj "$nj" "$data/utt2spk"

name=$(basename "$data")
prefix=$f0_dir/raw_f0_$name
log=$log_dir/make_f0_$name
split=$data/split${nj}utt
mkdir -p "$data/conf"
if ! [ "$f0_config" -ef "$data/conf/$(basename "$f0_config")" ]; then cp "$f0_config" "$data/conf"; fi
split_data.sh --per-utt "$data" "$nj"
list_audio.py "$split"/+([0-9])
inputs=(--input "$f0_config") outputs=()
table_inputs "$split/JOB" wav.scp utt2spk segments audio_files
part_outputs "$prefix" "$nj" ark scp f0_report

rm -f "$data/f0.scp" # it may soon point into arks that have changed
$cmd "${inputs[@]}" "${outputs[@]}" JOB=1:"$nj" "$log.JOB.log" make_f0.py "$f0_config" "$split/JOB" "$prefix.JOBof$nj"

reports=()
for ((job = 1; job <= nj; job++)); do reports+=("$prefix.${job}of$nj.f0_report"); done
cat "${reports[@]}" > "$data/.f0_report.tmp" # the parts follow one another in the order of recordings
mv "$data/.f0_report.tmp" "$data/f0_report"
num_recordings=$(wc -l < "$data/utt2spk")
num_dropped=$(awk '$2 == "dropped,"' "$data/f0_report" | wc -l)
if [ "$num_dropped" -eq "$num_recordings" ]; then
  echo "make_f0.sh: all of the $num_recordings recordings of $data were dropped: see $data/f0_report" >&2
  exit 1
fi
merge_parts "$prefix" "$nj" scp "$data/f0.scp" --expect "$data/utt2spk" --allow-missing "$num_dropped"
remove_old_parts "$prefix" "$nj" "$log"
echo "make_f0.sh: f0 of $(wc -l < "$data/f0.scp") of $num_recordings recordings found, $num_dropped dropped: see $data/f0_report"
