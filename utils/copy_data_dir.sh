#!/usr/bin/env bash
# Copy a data directory, with prefixes and suffixes for its names; --help tells more.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"
exec python3 "$ROOT/pyscripts/bin/copy_data_dir.py" "$@"
