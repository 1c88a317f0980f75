#!/usr/bin/env bash
# Check a lang folder; --help tells more.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"
exec python3 "$ROOT/pyscripts/bin/validate_lang.py" "$@"
