#!/usr/bin/env bash
# Write a recipe's RESULTS.md from its score folders; --help tells more.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"
exec python3 "$ROOT/pyscripts/bin/make_results.py" "$@"
