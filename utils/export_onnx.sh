#!/usr/bin/env bash
# Write the embedding network of a trained model as ONNX; --help tells more.
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"
exec python3 "$ROOT/pyscripts/bin/export_onnx.py" "$@"
