"""The options of every decoding command."""

import argparse

from cortado.decode.decoder import DecoderOptions
from cortado.errors import ConfigError


def add_decoder_options(parser: argparse.ArgumentParser) -> None:
    default = DecoderOptions()
    parser.add_argument("--beam", type=float, default=default.beam, help=f"of the search (default {default.beam:g})")
    parser.add_argument("--lattice-beam", type=float, default=default.lattice_beam, help=f"of lattices (default {default.lattice_beam:g})")
    parser.add_argument("--max-active", type=int, default=default.max_active, help=f"tokens a frame (default {default.max_active})")
    parser.add_argument("--min-active", type=int, default=default.min_active, help=f"tokens a frame (default {default.min_active})")
    parser.add_argument("--acoustic-scale", type=float, default=default.acoustic_scale, help="of log-likelihoods (default 1/12)")
    parser.add_argument("--num-threads", type=int, default=1, help="utterances decoded at once (default 1)")
    parser.add_argument("--max-failed", type=int, default=0, help="utterances without any path that are accepted (default 0)")


def decoder_options(args: argparse.Namespace) -> DecoderOptions:
    """Raises ConfigError for a value that is out of its range."""
    if args.num_threads < 1:
        raise ConfigError(f"--num-threads is {args.num_threads}, but must be at least 1")
    return DecoderOptions(args.beam, args.lattice_beam, args.max_active, args.min_active, args.acoustic_scale)
