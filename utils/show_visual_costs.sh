#!/usr/bin/env bash
# What the visual modules of lip readers cost, the paper's figures beside ours; --help tells more.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"
exec python3 "$ROOT/pyscripts/bin/show_visual_costs.py" "$@"
