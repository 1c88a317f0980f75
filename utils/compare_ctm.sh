#!/usr/bin/env bash
# Compare the times of words or phones with reference ones; --help tells more.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"
exec python3 "$ROOT/pyscripts/bin/compare_ctm.py" "$@"
