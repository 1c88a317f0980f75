#!/usr/bin/env bash
# Compare systems with a baseline, chance considered; --help tells more.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"
exec python3 "$ROOT/pyscripts/bin/compare_systems.py" "$@"
