#!/usr/bin/env bash
# Make data directories for speech recognition of GRID: sound out of the videos, split by sentence or by talker.
#
# In:  a GRID tree: (video/)s<N>/*.mpg or *.mp4, and align/s<N>/*.align or s<N>/align/*.align
# Out: <data>/{train,dev,test}/{wav.scp,video.scp,text,utt2spk,spk2utt,ctm}, <data>/wav/s<N>/*.wav at 16 kHz, and in <data>/local grammar,
#      vocabulary, lexicon.txt (letters), lm_train and damaged; local/grid/prepare_asr.py --help tells more
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../../path.sh"

cmd=run.py
nj=2
pictures=false    # leave out clips with damaged pictures too, for lip reading
dev_sentences=    # default a tenth
test_sentences=   # default a tenth
unseen_talkers=   # these are the test set, and a tenth of the others is dev: "s1 s2 s20 s22" in published tests; else split by sentence
seed=0            # of the draw of sentences or talkers
max_damaged=0.1   # share of damaged clips that is still no error
help_message="Usage: local/grid/prepare_asr.sh [options] <corpus> <data>
  e.g.: local/grid/prepare_asr.sh --nj 4 /corpora/GRID data
Options: --cmd, --nj N, --pictures true|false, --dev-sentences N, --test-sentences N,
  --unseen-talkers 's1 s2 ...', --seed N, --max-damaged SHARE"
. "$ROOT/utils/parse_options.sh"
. "$ROOT/utils/parts.sh"
if [ $# -ne 2 ]; then
  echo "$help_message" >&2
  exit 1
fi
if [ -z "$1" ]; then
  echo "${0##*/}: no folder of GRID is named; the recipe's run.sh takes it as --corpus" >&2
  exit 1
fi
corpus=$1 data=$2
prefix=$data/local/grid log=$data/log/extract_audio
outputs=() parts=()

part_outputs "$prefix" "$nj" clips
for ((job = 1; job <= nj; job++)); do parts+=("$prefix.${job}of$nj.clips"); done
$cmd "${outputs[@]}" "JOB=1:$nj" "$log.JOB.log" \
  python3 "$ROOT/local/grid/extract_audio.py" --corpus "$corpus" --pictures "$pictures" --job JOB --num-jobs "$nj" \
  "$data/wav" "$prefix.JOBof$nj"
remove_old_parts "$prefix" "$nj" "$log"
python3 "$ROOT/local/grid/prepare_asr.py" --corpus "$corpus" --wav-dir "$data/wav" --seed "$seed" --max-damaged "$max_damaged" \
  ${dev_sentences:+--dev-sentences "$dev_sentences"} ${test_sentences:+--test-sentences "$test_sentences"} \
  --unseen-talkers "$unseen_talkers" "$data" "${parts[@]}"
for subset in train dev test; do
  validate_data_dir.sh --no-feats "$data/$subset"
done
