#!/usr/bin/env bash
# Download Debian packages by apt, without root, and unpack each into <folder>/<package>; those that are there already are left alone.
#
# In:  the names of the packages; what apt knows about them (its checksums are compared)
# Out: <folder>/<package>/usr/...: recordings and copyright; <folder>/<package>/version
set -euo pipefail
if [ $# -lt 2 ]; then
  echo "Usage: local/debian_voices/download_packages.sh <folder> <package> ..." >&2
  exit 1
fi
mkdir -p "$1"
folder=$(cd "$1" && pwd)
shift

fail() {
  echo "download_packages.sh: $1" >&2
  exit 1
}

missing=()
for package in "$@"; do
  if [ ! -f "$folder/$package/version" ]; then missing+=("$package"); fi
done
if [ ${#missing[@]} -eq 0 ]; then exit 0; fi
for tool in apt-get apt-cache dpkg-deb; do
  if ! command -v $tool > /dev/null; then
    fail "there is no $tool here: the recordings come in Debian packages. Run the same on a Debian or Ubuntu system (a container will do) \
and copy its $folder here, or unpack there what is missing: ${missing[*]}"
  fi
done

work=$(mktemp -d "$folder/.download.XXXXXX")
trap 'rm -rf "$work"' EXIT
for package in "${missing[@]}"; do
  if ! apt-cache show --no-all-versions "$package" > /dev/null 2>&1; then
    fail "apt knows no package $package: its lists may be empty or old ('apt-get update' as root fetches them), or this release \
has it no more"
  fi
  echo "downloading $package"
  if ! (cd "$work" && apt-get --quiet download "$package") > "$work/log" 2>&1; then
    cat "$work/log" >&2
    fail "$package could not be downloaded; apt says above why. What came before is kept: the same call goes on here"
  fi
  archive=$(echo "$work/$package"_*.deb)
  dpkg-deb -x "$archive" "$work/unpacked"
  find "$work/unpacked" -type f ! \( -name '*.gsm' -o -name '*.ogg' -o -name '*.opus' -o -name '*.wav' -o -name copyright \) -delete
  dpkg-deb -f "$archive" Version > "$work/unpacked/version"
  rm -rf "${folder:?}/$package" "$archive"
  mv "$work/unpacked" "$folder/$package"
done
