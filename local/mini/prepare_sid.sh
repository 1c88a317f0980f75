#!/usr/bin/env bash
# Make the mini singing corpus, SYNTHETIC a cappella singing of exactly known pitch, and its data directory.
#
# Out: <corpus-dir>/{README,RECORDINGS.TXT}, <corpus-dir>/SINGER/: 16-bit FLAC at 44.1 kHz, and f0.scp
#      <data>/{wav.scp,utt2spk,spk2utt,f0_reference.scp}: an utterance is a recording, its speaker the singer
# All singers sing the same songs; room, noise, microphone, key and pace change with every recording. The same options give the same bytes,
# whatever --nj.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../../path.sh"

cmd=run.py
nj=2
num_singers=5
recordings_per_singer=10
num_songs=3
phrases_per_song=3
seed=1
help_message="Usage: local/mini/prepare_sid.sh [options] <corpus-dir> <data>
  e.g.: local/mini/prepare_sid.sh --nj 4 data/corpus data/recordings
Options: --cmd, --nj N, --num-singers N, --recordings-per-singer N, --num-songs N, --phrases-per-song N, --seed N"
. "$ROOT/utils/parse_options.sh"
if [ $# -ne 2 ]; then
  echo "$help_message" >&2
  exit 1
fi
corpus=$1 data=$2
if ! [[ $nj =~ ^[1-9][0-9]*$ ]]; then
  echo "prepare_sid.sh: --nj is a whole number from 1 up, not '$nj'" >&2
  exit 1
fi

$cmd --output "$corpus/RECORDINGS.TXT" "JOB=1:$nj" "$data/log/make_sid_corpus.JOB.log" \
  python3 "$ROOT/local/mini/make_sid_corpus.py" --job JOB --num-jobs "$nj" --num-singers "$num_singers" \
  --recordings-per-singer "$recordings_per_singer" --num-songs "$num_songs" --phrases-per-song "$phrases_per_song" --seed "$seed" "$corpus"
python3 "$ROOT/local/mini/prepare_sid.py" "$corpus" "$data"
validate_data_dir.sh --no-feats --no-text "$data"
