#!/usr/bin/env bash
# Write a recognition recipe's RESULTS.md from its decodings and alignments; --help tells more.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"
exec python3 "$ROOT/pyscripts/bin/make_word_results.py" "$@"
