#!/usr/bin/env bash
# Find the motifs of singers: closed patterns of the steps of their melodies that come back again and again.
#
# In:  <data-dir> of recordings with utt2spk, their singers, and contour.scp (steps/make_contours.sh); the YAML of the motifs
# Out: <motif-dir>/{motifs,occurrences,motifs.yaml}: the dictionary of each singer; where its motifs occur, in seconds; the settings
#
# With --dictionary, the folder of an earlier call, nothing is mined: every motif that was found there, of whichever singer, is looked
# for in every recording, with the settings it was found with. So motifs of test recordings are found that say nothing of their singers.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"

cmd=run.py
motifs_config=conf/motifs.yaml
overrides=  # keys of the config to set, separated by blanks: support_in=recording mine_in=singer min_support=2
dictionary= # look for the motifs of this folder
help_message="Usage: steps/find_motifs.sh [options] <data-dir> <motif-dir>
  e.g.: steps/find_motifs.sh --overrides 'min_support=4' data/train exp/motifs/train
        steps/find_motifs.sh --dictionary exp/motifs/train data/test exp/motifs/test
Options: --cmd, --motifs-config YAML, --overrides 'KEY=VALUE ...', --dictionary DIR"
. "$ROOT/utils/parse_options.sh"
. "$ROOT/utils/parts.sh"
if [ $# -ne 2 ]; then
  echo "$help_message" >&2
  exit 1
fi
data=${1%/} motifs=${2%/}
if [ -n "$dictionary" ]; then motifs_config=$dictionary/motifs.yaml; fi
require_files "$motifs_config" ${dictionary:+"$dictionary/motifs"} "$data/utt2spk"
if [ -n "$dictionary" ] && [ "$dictionary" -ef "$motifs" ]; then
  echo "find_motifs.sh: --dictionary and <motif-dir> are the same folder, $motifs; occurrences in other recordings need one of their own" >&2
  exit 1
fi
require_made "$data/contour.scp" steps/make_contours.sh
inputs=(--input "$motifs_config" --input "$data/utt2spk") outputs=(--output "$motifs/occurrences" --output "$motifs/motifs.yaml")
ark_inputs "$data/contour.scp"
options=()
for override in $overrides; do options+=(--set "$override"); done
if [ -n "$dictionary" ]; then
  inputs+=(--input "$dictionary/motifs") options+=(--dictionary "$dictionary")
  rm -f "$motifs/motifs" # of an earlier call without it
else
  outputs+=(--output "$motifs/motifs")
fi
log=$motifs/log/find_motifs.log
$cmd "${inputs[@]}" "${outputs[@]}" "$log" find_motifs.py "${options[@]}" "$motifs_config" "$data" "$motifs"
grep -E '^([0-9]+ (motifs|occurrences)|no motif) ' "$log" | sed 's/^/find_motifs.sh: /'
