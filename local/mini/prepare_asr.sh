#!/usr/bin/env bash
# Make the mini recognition corpus, SYNTHETIC commands of an embedded synthesiser, and its data directories.
#
# Out: <corpus-dir>/{README,SPEAKERS.TXT,grammar,train/,dev/,test/}: 16-bit FLAC at 16 kHz, transcripts, and times of words and phones
#      <data>/{train,dev,test}/{wav.scp,utt2spk,spk2utt,text,spk2gender,ctm,phones.ctm} and
#      <data>/local/{lexicon.txt,vocabulary,grammar,lm_train}; local/mini/prepare_asr.py --help tells more
# Speakers of train, dev and test differ, and so do their sentences. The same options give the same bytes, whatever --nj.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../../path.sh"

cmd=run.py
nj=2
num_train_speakers=16
num_dev_speakers=4
num_test_speakers=4
sentences_per_speaker=25
seed=1
help_message="Usage: local/mini/prepare_asr.sh [options] <corpus-dir> <data>
  e.g.: local/mini/prepare_asr.sh --nj 4 data/corpus data
Options: --cmd, --nj N, --num-train-speakers N, --num-dev-speakers N, --num-test-speakers N, --sentences-per-speaker N, --seed N"
. "$ROOT/utils/parse_options.sh"
if [ $# -ne 2 ]; then
  echo "$help_message" >&2
  exit 1
fi
corpus=$1 data=$2

$cmd --output "$corpus/SPEAKERS.TXT" "JOB=1:$nj" "$data/log/make_asr_corpus.JOB.log" \
  python3 "$ROOT/local/mini/make_asr_corpus.py" --job JOB --num-jobs "$nj" \
  --num-train-speakers "$num_train_speakers" --num-dev-speakers "$num_dev_speakers" --num-test-speakers "$num_test_speakers" \
  --sentences-per-speaker "$sentences_per_speaker" --seed "$seed" "$corpus"
python3 "$ROOT/local/mini/prepare_asr.py" "$corpus" "$data"
for subset in train dev test; do
  validate_data_dir.sh --no-feats "$data/$subset"
done
