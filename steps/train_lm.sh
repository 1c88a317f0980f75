#!/usr/bin/env bash
# Estimate an n-gram language model by interpolated modified Kneser-Ney.
#
# In:  <text>, a sentence on each line, plain or gzipped; or <data-dir>/text
# Out: <arpa>, gzipped if its name ends in .gz; beside it log/ and, named after it (4gram for 4gram.arpa.gz), 4gram.oov_counts, the words
#      of the text that are not in the vocabulary, and 4gram.perplexity, with --dev-text
set -euo pipefail
. "$(dirname "$(readlink -f "$0")")/../path.sh"

cmd=run.py
order=3
prune=0                 # leave out n-grams that occur at most so often: a number for each order, the last also for higher ones
vocab=                  # file of the words, the first field of each line; when empty, those of the text
lang=                   # or the lang folder with the words
discount_fallback=false # take usual discounts where the text gives none, as small texts and grammars do
entropy_pruning=        # also leave out n-grams without which perplexity grows by a factor below 1 + X
lmplz=                  # KenLM's program, which works on disk, for very large texts
dev_text=               # a text or data directory: print its perplexity
help_message="Usage: steps/train_lm.sh [options] <text>|<data-dir> <arpa>
  e.g.: steps/train_lm.sh --order 4 --prune '0 0 1 2' --lang data/lang --dev-text data/dev data/train exp/lm/4gram.arpa.gz
Options: --cmd, --order N, --prune 'C ...', --vocab FILE, --lang DIR, --discount-fallback true|false, --entropy-pruning X,
         --lmplz PATH, --dev-text TEXT|DIR"
. "$ROOT/utils/parse_options.sh"
. "$ROOT/utils/parts.sh"
if [ $# -ne 2 ]; then
  echo "$help_message" >&2
  exit 1
fi
text=${1%/} arpa=$2
name=${arpa##*/} name=${name%.gz} name=${name%.arpa}
base=$(dirname "$arpa")/$name log=$(dirname "$arpa")/log

# The file that is read where a text or a data directory is given.
text_file() {
  if [ -d "$1" ]; then echo "$1/text"; else echo "$1"; fi
}

require_files "$(text_file "$text")" ${vocab:+"$vocab"} ${lang:+"$lang/words.txt"}
inputs=(--input "$(text_file "$text")") outputs=(--output "$arpa")
options=(--order "$order" --prune "$prune" --discount-fallback "$discount_fallback")
if [ -n "$vocab" ]; then inputs+=(--input "$vocab") options+=(--vocab "$vocab"); fi
if [ -n "$lang" ]; then inputs+=(--input "$lang/words.txt") options+=(--lang "$lang"); fi
if [ -n "$entropy_pruning" ]; then options+=(--entropy-pruning "$entropy_pruning"); fi
if [ -n "$lmplz" ]; then
  options+=(--lmplz "$lmplz")
  rm -f "$base.oov_counts" # of an earlier call without it
else
  outputs+=(--output "$base.oov_counts") options+=(--oov-counts "$base.oov_counts")
fi
if [ -n "$dev_text" ]; then require_files "$(text_file "$dev_text")"; fi

$cmd "${inputs[@]}" "${outputs[@]}" "$log/$name.log" train_lm.py "${options[@]}" "$text" "$arpa"
if [ -s "$base.oov_counts" ]; then
  echo "train_lm.sh: $(wc -l < "$base.oov_counts") words of $text are not in the vocabulary: $base.oov_counts"
fi
if [ -n "$dev_text" ]; then
  $cmd --input "$arpa" --input "$(text_file "$dev_text")" --output "$base.perplexity" "$log/$name.perplexity.log" \
    compute_perplexity.py --out "$base.perplexity" "$arpa" "$dev_text"
  echo "train_lm.sh: $dev_text has $(cat "$base.perplexity")"
else
  rm -f "$base.perplexity"
fi
echo "train_lm.sh: made $arpa"
