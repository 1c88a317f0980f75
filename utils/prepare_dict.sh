#!/usr/bin/env bash
# Make a dictionary folder for the words of a text; --help tells more.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"
exec python3 "$ROOT/pyscripts/bin/prepare_dict.py" "$@"
