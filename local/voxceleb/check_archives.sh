#!/usr/bin/env bash
# Compare downloaded archives and trial lists of VoxCeleb, MUSAN and RIRS_NOISES with their known MD5 sums (local/voxceleb/md5sums), before unpacking.
#
# In: a folder with any of vox1_dev_wav_partaa..ad, vox1_dev_wav.zip, vox1_test_wav.zip, vox2_dev_aac_partaa..ah, vox2_dev_aac.zip,
#     veri_test.txt, veri_test2.txt, list_test_all.txt, ..., musan.tar.gz, rirs_noises.zip
set -euo pipefail
sums=$(dirname "$(readlink -f "$0")")/md5sums
if [ $# -ne 1 ] || [ ! -d "$1" ]; then
  echo "Usage: local/voxceleb/check_archives.sh <folder of the downloads>" >&2
  exit 1
fi
cd "$1"
md5sum --check --ignore-missing "$sums"
