#!/usr/bin/env bash
# Make the decoding graph HCLG of a lang folder and an acoustic model; --help tells more.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"
exec python3 "$ROOT/pyscripts/bin/make_graph.py" "$@"
