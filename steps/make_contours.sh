#!/usr/bin/env bash
# Make the contours of singing: f0 quantised to levels, runs of frames on one level as line segments, the steps between them as symbols.
#
# In:  <data-dir> with f0.scp (steps/make_f0.sh makes it), the YAML of the contours; --levels: levels of other recordings
# Out: <data-dir>/{contour.scp,contour_report} and a copy of the YAML in <data-dir>/conf; the ark in <contour-dir>;
#      without --levels, <dir>/levels, estimated on all recordings of <data-dir>; logs in <dir>/log
#
# Estimate levels on the training recordings alone, and give them by --levels for all others: a symbol then means the same everywhere.
# contour_report names recordings without a voiced frame, which have no contour; utils/fix_data_dir.sh takes them out of the other tables.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"

cmd=run.py
contour_config=conf/contour.yaml
levels=
help_message="Usage: steps/make_contours.sh [options] <data-dir> <dir> [<contour-dir>]
  e.g.: steps/make_contours.sh data/train exp/contour
        steps/make_contours.sh --levels exp/contour/levels data/test exp/contour
<contour-dir> is <data-dir>/data if not given.
Options: --cmd, --contour-config YAML, --levels FILE"
. "$ROOT/utils/parse_options.sh"
. "$ROOT/utils/parts.sh"
if [ $# -lt 2 ] || [ $# -gt 3 ]; then
  echo "$help_message" >&2
  exit 1
fi
data=${1%/}
dir=${2%/}
contour_dir=$(readlink -m "${3:-$data/data}")
require_files "$contour_config" "$data/utt2spk"
require_made "$data/f0.scp" steps/make_f0.sh
if [ -n "$levels" ]; then require_files "$levels"; fi

name=$(basename "$data")
out=$contour_dir/contour_$name
mkdir -p "$data/conf"
if ! [ "$contour_config" -ef "$data/conf/$(basename "$contour_config")" ]; then cp "$contour_config" "$data/conf"; fi
inputs=(--input "$contour_config")
ark_inputs "$data/f0.scp"

if [ -z "$levels" ]; then
  levels=$dir/levels
  made_on= # no contour that stands may lose its levels
  if [ -f "$levels" ]; then made_on=$(sed -n 's/^# Estimated on //p' "$levels"); fi
  if [ -n "$made_on" ] && [ "$made_on" != "$data" ]; then
    echo "make_contours.sh: $levels was estimated on $made_on: give --levels $levels for contours with the same symbols," \
      "or, for levels of $data, another <dir>" >&2
    exit 1
  fi
  $cmd "${inputs[@]}" --output "$levels" "$dir/log/estimate_levels.log" estimate_levels.py "$contour_config" "$data" "$levels"
fi
rm -f "$data/contour.scp" # it may soon point into an ark that has changed
$cmd "${inputs[@]}" --input "$levels" --output "$out.ark" --output "$out.scp" --output "$out.contour_report" \
  "$dir/log/make_contours_$name.log" make_contours.py "$contour_config" "$levels" "$data" "$out"
cp "$out.contour_report" "$data/.contour_report.tmp"
mv "$data/.contour_report.tmp" "$data/contour_report"
num_recordings=$(wc -l < "$data/f0.scp")
num_dropped=$(wc -l < "$data/contour_report")
merge_scps.py --expect "$data/f0.scp" --allow-missing "$num_dropped" "$data/contour.scp" "$out.scp"
echo "make_contours.sh: contours of $((num_recordings - num_dropped)) of $num_recordings recordings, $num_dropped dropped, with $levels:" \
  "see $dir/log/make_contours_$name.log"
