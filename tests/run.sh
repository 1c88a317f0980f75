#!/usr/bin/env bash
# Run the tests: bash tests/run.sh [pytest options] [files, relative to the repository], e.g. bash tests/run.sh -k cmvn tests/feats
# The environment is made first, with what tests need; when it is there, nothing is downloaded.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"
python3 "$ROOT/utils/make_env.py" --tests
cd "$ROOT"
exec python3 -m pytest --rootdir="$ROOT" -o testpaths=tests --import-mode=importlib -p no:cacheprovider --durations=10 -rs "$@"
