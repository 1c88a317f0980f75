#!/usr/bin/env bash
# Cut recordings into clips: their motifs, the seconds around each, or random pieces to compare these with.
#
# In:  <data-dir> of recordings with wav.scp and utt2spk, and for random clips contour.scp; <motif-dir>/occurrences (steps/find_motifs.sh)
# Out: <clips-dir>, a data directory: wav.scp of the recordings, segments, utt2spk, spk2utt, utt2rec
#
# Motifs overlap, many being parts of others, so that there may be hundreds in a minute; --overlap false cuts fewer.
# Random clips are as many in each recording as its motifs and as long, within phrases, and have nothing in common with the motifs; where
# there is no room for all of them, it is said how many are missing.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"

cmd=run.py
kind=motifs    # or segments, or random
overlap=true   # false: of motifs that overlap, cut the longest, and no random clips that overlap
seconds=3      # duration of segments
anchor=centre  # of segments: the motif in their middle; or start, as in the authors' code
within=phrases # random clips: in what is sung; or recording, anywhere
seed=0         # of random clips
help_message="Usage: steps/make_clips.sh [options] <data-dir> <motif-dir> <clips-dir>
  e.g.: steps/make_clips.sh --kind segments data/train exp/motifs/train data/train_segments
Options: --cmd, --kind motifs|segments|random, --overlap true|false, --seconds S, --anchor centre|start, --within phrases|recording,
  --seed N"
. "$ROOT/utils/parse_options.sh"
. "$ROOT/utils/parts.sh"
if [ $# -ne 3 ]; then
  echo "$help_message" >&2
  exit 1
fi
data=${1%/} motifs=${2%/} clips=${3%/}
require_made "$motifs/occurrences" steps/find_motifs.sh
require_files "$data/wav.scp" "$data/utt2spk"
inputs=(--input "$motifs/occurrences") outputs=()
table_inputs "$data" wav.scp utt2spk
if [ "$kind $within" = "random phrases" ]; then
  require_made "$data/contour.scp" steps/make_contours.sh
  ark_inputs "$data/contour.scp"
fi
for table in wav.scp segments utt2spk spk2utt utt2rec; do outputs+=(--output "$clips/$table"); done
log=$clips/log/make_clips.log
$cmd "${inputs[@]}" "${outputs[@]}" "$log" \
  make_clips.py --kind "$kind" --overlap "$overlap" --seconds "$seconds" --anchor "$anchor" --within "$within" --seed "$seed" \
  "$data" "$motifs" "$clips"
grep -E '^([0-9]+ clips|no room )' "$log" | sed 's/^/make_clips.sh: /'
