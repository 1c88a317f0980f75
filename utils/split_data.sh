#!/usr/bin/env bash
# Split a data directory for as many jobs; --help tells more.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"
exec python3 "$ROOT/pyscripts/bin/split_data.py" "$@"
