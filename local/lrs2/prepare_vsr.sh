#!/usr/bin/env bash
# Make data directories for lip reading of LRS2: sound out of the videos, pretrain clips cut to parts, sets as published.
#
# In:  the LRS2 tree, mvlrs_v1: main/SOURCE/NNNNN.mp4 and .txt, pretrain/SOURCE/NNNNN.mp4 and .txt; the lists of the sets
# Out: <data>/<set>/{wav.scp,video.scp,text,utt2spk,spk2utt}, for pretrain also segments, <data>/wav/SOURCE/*.wav at 16 kHz, and in
#      <data>/local lm/text and damaged; local/lrs2/prepare_vsr.py --help tells more
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../../path.sh"

cmd=run.py
nj=4
lists_dir=                       # folder of pretrain.txt, train.txt, val.txt and test.txt; the corpus if not given
sets="pretrain train val test"   # those to make; the text of pretrain and train is always read
max_seconds=6                    # of a part of a pretrain clip
check_counts=true                # false: take a part of the corpus and shorter lists
max_damaged=0.05                 # share of damaged clips that is still no error
help_message="Usage: local/lrs2/prepare_vsr.sh [options] <corpus> <data>
  e.g.: local/lrs2/prepare_vsr.sh --nj 16 /corpora/mvlrs_v1 data
Options: --cmd, --nj N, --lists-dir DIR, --sets 'A B', --max-seconds X, --check-counts true|false, --max-damaged SHARE"
. "$ROOT/utils/parse_options.sh"
. "$ROOT/utils/parts.sh"
if [ $# -ne 2 ]; then
  echo "$help_message" >&2
  exit 1
fi
if [ -z "$1" ]; then
  echo "${0##*/}: no folder of LRS2 is named; the recipe's run.sh takes it as --corpus" >&2
  exit 1
fi
corpus=$1 data=$2
prefix=$data/local/lrs2 log=$data/log/extract_sound
outputs=() parts=()
where=(--corpus "$corpus" --sets "$sets" ${lists_dir:+--lists-dir "$lists_dir"})

part_outputs "$prefix" "$nj" clips
for ((job = 1; job <= nj; job++)); do parts+=("$prefix.${job}of$nj.clips"); done
$cmd "${outputs[@]}" "JOB=1:$nj" "$log.JOB.log" \
  python3 "$ROOT/local/lrs2/extract_sound.py" "${where[@]}" --job JOB --num-jobs "$nj" "$data/wav" "$prefix.JOBof$nj"
remove_old_parts "$prefix" "$nj" "$log"
python3 "$ROOT/local/lrs2/prepare_vsr.py" "${where[@]}" --wav-dir "$data/wav" --max-seconds "$max_seconds" \
  --check-counts "$check_counts" --max-damaged "$max_damaged" "$data" "${parts[@]}"
for subset in $sets; do
  validate_data_dir.sh --no-feats "$data/$subset"
done
