#!/usr/bin/env bash
# Show where the attention heads of trained models look; --help tells more.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"
exec python3 "$ROOT/pyscripts/bin/show_attention.py" "$@"
