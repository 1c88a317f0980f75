#!/usr/bin/env bash
# Write utt2num_frames, the frames of each utterance; --help tells more.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../../path.sh"
exec python3 "$ROOT/pyscripts/bin/get_utt2num_frames.py" "$@"
