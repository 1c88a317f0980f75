#!/usr/bin/env bash
# Make a lang folder from a dictionary; --help tells more.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"
exec python3 "$ROOT/pyscripts/bin/prepare_lang.py" "$@"
