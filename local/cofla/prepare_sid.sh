#!/usr/bin/env bash
# Make the data directory of corpusCOFLA for singer identification, of its open part cante100 or of all of it.
#
# In:  <corpus>: one XML file of metadata, and audio files NNN_* of the track numbers anywhere below it; see local/cofla/cofla.py
# Out: <data>/{wav.scp,utt2spk,spk2utt,left_out}: an utterance is a recording, its speaker the singer; <data>/audio: FLAC of one channel
# Nothing is written into the corpus.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../../path.sh"

cmd=run.py
nj=2
styles="tonas fandangos" # families of styles
min_recordings=3         # singers with fewer are left out
help_message="Usage: local/cofla/prepare_sid.sh [options] <corpus> <data>
  e.g.: local/cofla/prepare_sid.sh --nj 4 /corpora/cante100 data/recordings
Options: --cmd, --nj N, --styles 'FAMILY ...', --min-recordings N"
. "$ROOT/utils/parse_options.sh"
. "$ROOT/utils/parts.sh"
if [ $# -ne 2 ]; then
  echo "$help_message" >&2
  exit 1
fi
corpus=${1%/} data=${2%/}
if ! [[ $nj =~ ^[1-9][0-9]*$ ]]; then
  echo "prepare_sid.sh: --nj is a whole number from 1 up, not '$nj'" >&2
  exit 1
fi

prefix=$data/local/cofla
log=$data/log/convert_audio
outputs=()
part_outputs "$prefix" "$nj" tracks
$cmd "${outputs[@]}" "JOB=1:$nj" "$log.JOB.log" \
  python3 "$ROOT/local/cofla/convert_audio.py" --corpus "$corpus" --styles "$styles" --job JOB --num-jobs "$nj" \
  "$data/audio" "$prefix.JOBof$nj"
remove_old_parts "$prefix" "$nj" "$log"
parts=()
for ((job = 1; job <= nj; job++)); do parts+=("$prefix.${job}of$nj.tracks"); done
python3 "$ROOT/local/cofla/prepare_sid.py" --audio-dir "$data/audio" --min-recordings "$min_recordings" "$data" "${parts[@]}"
validate_data_dir.sh --no-feats --no-text "$data"
