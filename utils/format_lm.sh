#!/usr/bin/env bash
# Make a lang folder with the grammar G of an n-gram model; --help tells more.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"
exec python3 "$ROOT/pyscripts/bin/format_lm.py" "$@"
