#!/usr/bin/env bash
# Make a data directory valid, keeping the old files in its .backup; --help tells more.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"
exec python3 "$ROOT/pyscripts/bin/fix_data_dir.py" "$@"
