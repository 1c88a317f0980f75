#!/usr/bin/env bash
# Put data directories together into one; --help tells more.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"
exec python3 "$ROOT/pyscripts/bin/combine_data.py" "$@"
