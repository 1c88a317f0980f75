#!/usr/bin/env bash
# Compute the perplexity of a text under a language model; --help tells more.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"
exec python3 "$ROOT/pyscripts/bin/compute_perplexity.py" "$@"
