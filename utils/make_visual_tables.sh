#!/usr/bin/env bash
# Write the tables of the paper on StiRes3D from trained and scored lip readers; --help tells more.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"
exec python3 "$ROOT/pyscripts/bin/make_visual_tables.py" "$@"
