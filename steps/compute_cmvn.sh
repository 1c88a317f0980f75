#!/usr/bin/env bash
# Compute CMVN statistics of a data directory, as Kaldi's compute_cmvn_stats.sh does.
#
# In:  <data-dir> with feats.scp, utt2spk and spk2utt
# Out: <data-dir>/cmvn.scp, by speaker; or with --per utt <data-dir>/cmvn_utt.scp, by utterance; the ark in <cmvn-dir>
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"

cmd=run.py
per=spk
help_message="Usage: steps/compute_cmvn.sh [options] <data-dir> [<log-dir> [<cmvn-dir>]]
  e.g.: steps/compute_cmvn.sh data/train exp/make_mfcc/train mfcc
<log-dir> is <data-dir>/log and <cmvn-dir> is <data-dir>/data if not given.
Options: --cmd, --per spk|utt"
. "$ROOT/utils/parse_options.sh"
. "$ROOT/utils/parts.sh"
if [ $# -lt 1 ] || [ $# -gt 3 ]; then
  echo "$help_message" >&2
  exit 1
fi
data=${1%/}
log_dir=${2:-$data/log}
cmvn_dir=$(readlink -m "${3:-$data/data}")
case $per in
  spk) table=cmvn keys=spk2utt ;;
  utt) table=cmvn_utt keys=utt2spk ;;
  *)
    echo "compute_cmvn.sh: --per takes spk or utt, not '$per'" >&2
    exit 1
    ;;
esac

require_files "$data/feats.scp" "$data/$keys"
name=$(basename "$data")
out=$cmvn_dir/${table}_$name
inputs=()
table_inputs "$data" feats.scp feats.md5 utt2spk
rm -f "$data/$table.scp" # it may soon point into an ark that has changed
$cmd "${inputs[@]}" --output "$out.ark" --output "$out.scp" "$log_dir/${table}_$name.log" compute_cmvn.py --per "$per" "$data" "$out"
merge_scps.py --expect "$data/$keys" "$data/$table.scp" "$out.scp"
echo "compute_cmvn.sh: made $(wc -l < "$data/$table.scp") CMVN statistics of $data"
