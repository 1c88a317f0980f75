#!/usr/bin/env bash
# Write a part of a data directory; --help tells more.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"
exec python3 "$ROOT/pyscripts/bin/subset_data_dir.py" "$@"
