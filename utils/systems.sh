# systems.sh: the systems of a recipe by name. Source it after path.sh, in the recipe's folder.
#
# conf/systems has a line for each: <name> <config> <features> <published EER %, or -> [KEY=VALUE ...]
# shellcheck shell=bash

# find_system <name>: set `config` (conf/<config>.yaml), `features` ($ROOT/conf/<features>.yaml) and `settings` (the overrides of
# steps/train_embedding.sh) to what the line says. A name without a line ends the script, which says what names there are.
find_system() {
  local name names
  if [ ! -r conf/systems ]; then
    echo "${0##*/}: cannot read conf/systems, which says what the system '$1' is" >&2
    exit 1
  fi
  # shellcheck disable=SC2034
  while read -r name config features _ settings || [ -n "$name" ]; do # the last line may lack its end
    if [ "$name" = "$1" ]; then
      config=conf/$config.yaml features=$ROOT/conf/$features.yaml
      return
    fi
  done < conf/systems
  names=$(sed '/^#/d; /^$/d; s/ .*//' conf/systems | tr '\n' ' ')
  echo "${0##*/}: no system '$1' in conf/systems; there are: $names" >&2
  exit 1
}
