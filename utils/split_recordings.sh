#!/usr/bin/env bash
# Split a data directory into train, valid and test by recording; --help tells more.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"
exec python3 "$ROOT/pyscripts/bin/split_recordings.py" "$@"
