#!/usr/bin/env bash
# Write a data directory without copies of clips and clips under two speakers; say which overlap; --help tells more.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"
exec python3 "$ROOT/pyscripts/bin/find_shared_audio.py" "$@"
