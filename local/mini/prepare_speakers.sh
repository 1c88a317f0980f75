#!/usr/bin/env bash
# Make the mini speaker corpus, SYNTHETIC speech of an embedded synthesiser, and its data directories.
#
# Out: <corpus-dir>/{README,SPEAKERS.TXT,train/,test/}: 16-bit FLAC at 16 kHz and transcripts, laid out like LibriSpeech
#      <data>/{train,test}/{wav.scp,utt2spk,spk2utt,text,utt2rec,spk2gender} and <data>/test/trials
# Speakers of train and test differ, and so do their sentences. The same options give the same bytes, whatever --nj.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../../path.sh"

cmd=run.py
nj=2
num_train_speakers=40
num_test_speakers=16
sentences_per_speaker=20
sessions_per_speaker=4
seed=1
help_message="Usage: local/mini/prepare_speakers.sh [options] <corpus-dir> <data>
  e.g.: local/mini/prepare_speakers.sh --nj 4 data/corpus data
Options: --cmd, --nj N, --num-train-speakers N, --num-test-speakers N, --sentences-per-speaker N, --sessions-per-speaker N, --seed N"
. "$ROOT/utils/parse_options.sh"
if [ $# -ne 2 ]; then
  echo "$help_message" >&2
  exit 1
fi
corpus=$1 data=$2
if ! [[ $nj =~ ^[1-9][0-9]*$ ]]; then
  echo "prepare_speakers.sh: --nj is a whole number from 1 up, not '$nj'" >&2
  exit 1
fi

$cmd --output "$corpus/SPEAKERS.TXT" "JOB=1:$nj" "$data/log/make_speaker_corpus.JOB.log" \
  python3 "$ROOT/local/mini/make_speaker_corpus.py" --job JOB --num-jobs "$nj" \
  --num-train-speakers "$num_train_speakers" --num-test-speakers "$num_test_speakers" \
  --sentences-per-speaker "$sentences_per_speaker" --sessions-per-speaker "$sessions_per_speaker" --seed "$seed" "$corpus"
python3 "$ROOT/local/mini/prepare_speakers.py" "$corpus" "$data"
for subset in train test; do
  validate_data_dir.sh --no-feats "$data/$subset"
done
make_trials.sh --exclude-same recording "$data/test"
