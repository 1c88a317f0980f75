#!/usr/bin/env bash
# Sort the files of a data directory; --help tells more.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"
exec python3 "$ROOT/pyscripts/bin/sort_data_dir.py" "$@"
