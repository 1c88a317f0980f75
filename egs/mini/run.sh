#!/usr/bin/env bash
# Run every mini recipe from end to end on synthetic data, making the environment first if need be. Options go to each of them.
# Run again, each goes on at the first stage that is not done.
set -euo pipefail
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../../path.sh"

for recipe in "$ROOT"/egs/mini/*/run.sh; do
  echo "# $recipe $*"
  bash "$recipe" "$@"
done
