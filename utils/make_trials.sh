#!/usr/bin/env bash
# Make the trial list of a data directory; --help tells more.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"
exec python3 "$ROOT/pyscripts/bin/make_trials.py" "$@"
