#!/usr/bin/env python3
"""Check a data directory: every file's form and order, and that all files agree. Exits with 1 after naming all problems found.

feats.scp, text and wav.scp must be there unless the options say otherwise. What each file is keyed by, and so which names it
must hold, is in pyscripts/cortado/datadir/layout.py.

    utils/validate_data_dir.sh --no-feats --no-text data/train
"""

import sys

from cortado.command import make_parser, run
from cortado.datadir.validate import problems, speaker_order_warning


def main() -> int:
    parser = make_parser(__doc__)
    parser.add_argument("--no-feats", action="store_true", help="feats.scp may be missing")
    parser.add_argument("--no-text", action="store_true", help="text may be missing")
    parser.add_argument("--no-wav", action="store_true", help="wav.scp may be missing")
    parser.add_argument("--no-spk-sort", action="store_true", help="do not warn when speakers and utterances sort differently")
    parser.add_argument("--non-print", action="store_true", help="text may hold characters that cannot be printed")
    parser.add_argument("data_dir")
    args = parser.parse_args()
    found = problems(args.data_dir, not args.no_feats, not args.no_text, not args.no_wav, args.non_print)
    if found:
        print(*found, f"validate_data_dir.sh: {args.data_dir} is not a valid data directory", sep="\n", file=sys.stderr)
        return 1
    warning = None if args.no_spk_sort else speaker_order_warning(args.data_dir)
    if warning:
        print(f"validate_data_dir.sh: warning: {warning}", file=sys.stderr)
    print(f"validate_data_dir.sh: Successfully validated data-directory {args.data_dir}")
    return 0


if __name__ == "__main__":
    run(main)
