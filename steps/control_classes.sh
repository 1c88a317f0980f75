#!/usr/bin/env bash
# Classify clips by a control, which hears nothing of what the networks are meant to hear: how far class sizes, durations and averages go.
#
# In:  <train-data-dir>/utt2spk and <data-dir>/utt2spk; of both, utt2dur for duration, feats.scp (20 MFCC) for mfcc-svm
# Out: <posterior-dir>/{posteriors.ark,posteriors.scp,classes} as steps/classify_clips.sh writes them; a log in <posterior-dir>/log
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"

cmd=run.py
seed=0 # of the random forest
help_message="Usage: steps/control_classes.sh [options] <kind> <train-data-dir> <data-dir> <posterior-dir>
  e.g.: steps/control_classes.sh duration data/split/train data/split/test exp/duration/test
        steps/control_classes.sh mfcc-svm data/split/train_mfcc data/split/test_mfcc exp/mfcc_svm/test
kind is majority, duration (a random forest) or mfcc-svm (statistics of MFCC, support vector machine)
Options: --cmd, --seed N"
. "$ROOT/utils/parse_options.sh"
. "$ROOT/utils/parts.sh"
if [ $# -ne 4 ]; then
  echo "$help_message" >&2
  exit 1
fi
kind=$1 train=${2%/} data=${3%/} posteriors=${4%/}

inputs=()
for folder in "$train" "$data"; do
  require_files "$folder/utt2spk"
  case $kind in
    duration) require_made "$folder/utt2dur" utils/data/get_utt2dur.sh && table_inputs "$folder" utt2spk utt2dur ;;
    mfcc-svm) require_made "$folder/feats.scp" steps/make_feats.sh && table_inputs "$folder" utt2spk feats.scp feats.md5 ;;
    *) table_inputs "$folder" utt2spk ;;
  esac
done
out=$posteriors/posteriors
$cmd "${inputs[@]}" --output "$out.ark" --output "$out.scp" --output "$posteriors/classes" "$posteriors/log/control.log" \
  control_classes.py --seed "$seed" "$kind" "$train" "$data" "$posteriors"
echo "control_classes.sh: classified $(wc -l < "$out.scp") clips of $data by $kind"
