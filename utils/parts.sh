# parts.sh: what steps share that do their work in parts, one for each job. Source it after path.sh.
#
# Part N of a step is <prefix>.<N>of<nj>.<suffix>, its log is <log>.<N>.log.
# shellcheck shell=bash

shopt -s extglob

# require_files <file>...: end the step, before it has made or removed anything, unless all of these can be read.
require_files() {
  local file
  for file in "$@"; do
    if [ ! -f "$file" ] || [ ! -r "$file" ]; then
      echo "${0##*/}: cannot read $file" >&2
      exit 1
    fi
  done
}

# require_made <file> <command>: as require_files, for one file, not empty, and tell the user what makes it.
require_made() {
  if [ ! -f "$1" ] || [ ! -r "$1" ] || [ ! -s "$1" ]; then
    echo "${0##*/}: cannot read $1, or it is empty; $2 makes it" >&2
    exit 1
  fi
}

# require_nj <nj> <table>: end the step unless --nj is from 1 to the number of lines of the table.
require_nj() {
  local most
  most=$(wc -l < "$2")
  if ! [[ $1 =~ ^[1-9][0-9]{0,8}$ ]] || [ "$1" -gt "$most" ]; then
    echo "${0##*/}: --nj is a whole number from 1 to the $most lines of $2, not '$1'" >&2
    exit 1
  fi
}

# table_inputs <folder> <table>...: add --input to the array `inputs` for each of these tables that the folder has. JOB in its
# name stands for every part; the first one tells.
table_inputs() {
  local table
  for table in "${@:2}"; do
    if [ -f "${1/%JOB/1}/$table" ]; then inputs+=(--input "$1/$table"); fi
  done
}

# ark_inputs <scp>: add --input to the array `inputs` for the scp and for the arks in it. The arks count too: an scp stays the same when a
# network trained anew writes objects of the same size.
ark_inputs() {
  local file
  inputs+=(--input "$1")
  while read -r file; do inputs+=(--input "$file"); done < <(cut -d ' ' -f 2- "$1" | sed 's/:[0-9]*$//' | sort -u)
}

# lexicon_inputs <lang-dir>: add --input to the array `inputs` for what its lexicon is read from: lexiconp.txt and sil_prob, or L.fst
# where Kaldi made the folder. Ends the step where there is neither.
lexicon_inputs() {
  if [ -f "$1/lexiconp.txt" ]; then
    table_inputs "$1" lexiconp.txt sil_prob
  else
    require_files "$1/L.fst"
    table_inputs "$1" L.fst
  fi
}

# embedding_inputs <folder>: ark_inputs of its embeddings.scp. Ends the step when it cannot be read or is empty.
embedding_inputs() {
  local scp=$1/embeddings.scp
  if ! [ -r "$scp" ] || ! [ -s "$scp" ]; then
    echo "${0##*/}: cannot read $scp, or it is empty; steps/extract_embeddings.sh makes it" >&2
    exit 1
  fi
  ark_inputs "$scp"
}

# trials_of <data-dir>|<trials>: set `trials`, the list of the data directory or the one named, and `utt2spk`, which lies beside it.
trials_of() {
  trials=${1%/}
  if [ -d "$trials" ]; then trials+=/trials; fi
  utt2spk=$(dirname "$trials")/utt2spk
  require_files "$trials" "$utt2spk"
}

# part_outputs <prefix> <nj> <suffix>...: add --output to the array `outputs` for these files of each job.
part_outputs() {
  local suffix
  for suffix in "${@:3}"; do outputs+=(--output "$1.JOBof$2.$suffix"); done
}

# merge_parts <prefix> <nj> <suffix> <table> <options of merge_scps.py>...: put the parts together into the table.
merge_parts() {
  local parts=() job
  for ((job = 1; job <= $2; job++)); do parts+=("$1.${job}of$2.$3"); done
  merge_scps.py "${@:5}" "$4" "${parts[@]}"
}

# remove_old_parts <prefix> <nj> <log>: remove parts and logs of an earlier call with another nj, and what a killed job left.
remove_old_parts() {
  local file job
  for file in "$1".+([0-9])of+([0-9]).*; do
    case $file in "$1".+([0-9])of"$2".*) ;; *) rm -f "$file" ;; esac
  done
  rm -f "$(dirname "$1")/.$(basename "$1")".+([0-9])of*.tmp
  for ((job = $2 + 1; ; job++)); do rm "$3.$job.log" 2> /dev/null || break; done
}
