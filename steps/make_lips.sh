#!/usr/bin/env bash
# Cut the lips out of the videos of a data directory: the face found and followed, crops of one size, 25 frames a second.
#
# In:  <data-dir> with video.scp (recording, path of its video) and utt2spk (segments are honoured), the YAML of the crops
# Out: <data-dir>/{lips.scp,lips.md5,utt2num_lips,lips_report} and a copy of the YAML in <data-dir>/conf; the arks in <lips-dir>, and
#      beside them a sheet of sampled crops for each job, a PNG to look at before anything is trained on them; a log of each job
#
# lips_report has a line for each clip that was dropped, or kept though something is odd, with the reasons. Dropped are clips that
# cannot be read, with a broken stream, too long, without a face, with the face lost for half a second, or with grey pictures; a
# variable rate and sound of another length than the pictures only warn (cortado/video/faults.py decides). utils/fix_data_dir.sh
# takes the dropped ones out of the other tables. Crops do not depend on --nj, nor does the order of lips.scp. The same call again
# runs only the jobs that have not succeeded or whose videos have another size or date.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"

cmd=run.py
nj=4 # number of jobs
lips_config=conf/lips.yaml
help_message="Usage: steps/make_lips.sh [options] <data-dir> [<log-dir> [<lips-dir>]]
  e.g.: steps/make_lips.sh --nj 8 --lips-config conf/lips_center.yaml data/train exp/make_lips/train lips
<log-dir> is <data-dir>/log and <lips-dir> is <data-dir>/data if not given.
Options: --cmd, --nj N, --lips-config YAML"
. "$ROOT/utils/parse_options.sh"
. "$ROOT/utils/parts.sh"
if [ $# -lt 1 ] || [ $# -gt 3 ]; then
  echo "$help_message" >&2
  exit 1
fi
data=${1%/}
log_dir=${2:-$data/log}
lips_dir=$(readlink -m "${3:-$data/data}")
require_files "$lips_config" "$data/video.scp" "$data/utt2spk"
require_nj "$nj" "$data/utt2spk"

name=$(basename "$data")
prefix=$lips_dir/lips_$name
log=$log_dir/make_lips_$name
split=$data/split${nj}utt
mkdir -p "$data/conf"
if ! [ "$lips_config" -ef "$data/conf/$(basename "$lips_config")" ]; then cp "$lips_config" "$data/conf"; fi
split_data.sh --per-utt "$data" "$nj"
list_audio.py --of video "$split"/+([0-9])
inputs=(--input "$lips_config") outputs=()
table_inputs "$split/JOB" video.scp utt2spk segments video_files
part_outputs "$prefix" "$nj" ark scp utt2num_lips lips.md5 lips_report png

rm -f "$data/lips.scp" # it may soon point into arks that have changed
$cmd "${inputs[@]}" "${outputs[@]}" JOB=1:"$nj" "$log.JOB.log" make_lips.py "$lips_config" "$split/JOB" "$prefix.JOBof$nj"

reports=()
for ((job = 1; job <= nj; job++)); do reports+=("$prefix.${job}of$nj.lips_report"); done
cat "${reports[@]}" > "$data/.lips_report.tmp" # the parts follow one another in the order of utterances
mv "$data/.lips_report.tmp" "$data/lips_report"
num_clips=$(wc -l < "$data/utt2spk")
num_dropped=$(awk '$2 == "dropped,"' "$data/lips_report" | wc -l)
if [ "$num_dropped" -eq "$num_clips" ]; then
  echo "make_lips.sh: all of the $num_clips clips of $data were dropped: see $data/lips_report" >&2
  exit 1
fi
merge() { merge_parts "$prefix" "$nj" "$1" "$data/$2" --expect "$data/utt2spk" --allow-missing "$num_dropped"; }
merge utt2num_lips utt2num_lips
merge lips.md5 lips.md5
merge scp lips.scp # last: where it is, all is there
remove_old_parts "$prefix" "$nj" "$log"
echo "make_lips.sh: $(wc -l < "$data/lips.scp") of $num_clips clips made, $num_dropped dropped: see $data/lips_report and $prefix.*.png"
