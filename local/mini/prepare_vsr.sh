#!/usr/bin/env bash
# Make the mini lip reading corpus, SYNTHETIC commands of an embedded synthesiser and drawn mouths that say them, and its data directories.
#
# Out: <data>/corpus and <data>/{train,dev,test,local} as local/mini/prepare_asr.sh makes them;
#      <data>/films/{README,FACES.TXT,train/,dev/,test/}: 25 grey pictures of 96x96 a second, with the sound;
#      <data>/{train,dev,test}/video.scp
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
help_message="Usage: local/mini/prepare_vsr.sh [options] <data>
  e.g.: local/mini/prepare_vsr.sh --nj 4 data
Options: --cmd, --nj N, --num-train-speakers N, --num-dev-speakers N, --num-test-speakers N, --sentences-per-speaker N, --seed N"
. "$ROOT/utils/parse_options.sh"
if [ $# -ne 1 ]; then
  echo "$help_message" >&2
  exit 1
fi
data=${1%/}

"$ROOT/local/mini/prepare_asr.sh" --cmd "$cmd" --nj "$nj" --num-train-speakers "$num_train_speakers" \
  --num-dev-speakers "$num_dev_speakers" --num-test-speakers "$num_test_speakers" \
  --sentences-per-speaker "$sentences_per_speaker" --seed "$seed" "$data/corpus" "$data"
$cmd --input "$data/corpus/README" --output "$data/films/FACES.TXT" "JOB=1:$nj" "$data/log/make_vsr_corpus.JOB.log" \
  python3 "$ROOT/local/mini/make_vsr_corpus.py" --job JOB --num-jobs "$nj" --seed "$seed" "$data/corpus" "$data/films"
python3 "$ROOT/local/mini/prepare_vsr.py" "$data/films" "$data"
