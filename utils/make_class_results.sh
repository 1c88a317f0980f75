#!/usr/bin/env bash
# Write a classification recipe's RESULTS.md from its scored posteriors; --help tells more.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"
exec python3 "$ROOT/pyscripts/bin/make_class_results.py" "$@"
