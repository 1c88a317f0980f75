#!/usr/bin/env python3
"""Film the mini recognition corpus, or one job's share of its speakers: SYNTHETIC mouths that move as the synthesiser's phone times say.

The folder holds README, FACES.TXT (what distinguishes each speaker's mouth) and SUBSET/SPEAKER/SPEAKER-NNN.mkv: 25 grey pictures a second, 96x96,
the mouth near their middle, with the sound of the recording. The same options give the same bytes, whatever the number of jobs.

Example: local/mini/make_vsr_corpus.py --num-jobs 4 --job 1 data/corpus data/films
"""

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile
from corpus_folder import write_description
from prepare_asr import SUBSETS
from prepare_speakers import existing_text, read_speakers

from cortado.command import add_job_options, make_parser, progress, run, share_of
from cortado.errors import DataError
from cortado.files import atomic_write
from cortado.lang.ctm import Timed, read_ctm
from cortado.synth.espeak import Phone
from cortado.synth.film import encode_film
from cortado.synth.mouth import FRAME_RATE, Face, draw_face, film_mouth

README = """SYNTHETIC films of mouths that were drawn, not photographed, made by local/mini/make_vsr_corpus.py. No person is seen or heard here.
Every number measured on them says something about the programs, nothing about how well people's lips can be read.

seed: {seed}

The mouths move at the times of the phones of this corpus, phones that lipreaders cannot tell apart in the same way; FACES.TXT lists the
mouths: lengths in halves of the picture, brightness from 0 to 1. The corpus:

{corpus}"""
# Every random choice has a generator of its own, named by one of these and the place of what is drawn.
_FACE, _FILM = range(2)


class Actor(NamedTuple):
    """A speaker and their mouth; `number` counts from 0 through all subsets."""

    number: int
    subset: str
    name: str
    face: Face


def main() -> None:
    parser = make_parser(__doc__)
    add_job_options(parser)
    parser.add_argument("--seed", type=int, default=1, help="draws mouths, light, and how they move about (default 1)")
    parser.add_argument("corpus", type=Path, help="the folder that make_asr_corpus.py made")
    parser.add_argument("out", type=Path, help="folder of the films")
    args = parser.parse_args()
    actors = find_actors(args.corpus, args.seed)
    mine = share_of(actors, args)
    describe(actors, args)
    for actor in progress(mine, len(mine), "speakers"):
        film_speaker(actor, args.corpus / actor.subset / actor.name, args.out / actor.subset / actor.name, args.seed)


def find_actors(corpus: Path, seed: int) -> list[Actor]:
    speakers = [(subset, name) for subset in SUBSETS for name, _, _ in read_speakers(corpus, subset)]
    return [Actor(n, subset, name, draw_face(np.random.default_rng([seed, _FACE, n]))) for n, (subset, name) in enumerate(speakers)]


def describe(actors: list[Actor], args: argparse.Namespace) -> None:
    """README and FACES.TXT."""
    fields = list(asdict(actors[0].face))
    lines = [f";ID {' '.join(fields)}\n"]
    lines += (f"{actor.name} {' '.join(f'{value:.3f}' for value in asdict(actor.face).values())}\n" for actor in actors)
    readme = README.format(seed=args.seed, corpus=existing_text(args.corpus / "README"))
    write_description(args.out, {"README": readme, "FACES.TXT": "".join(lines)})


def film_speaker(actor: Actor, recordings: Path, films: Path, seed: int) -> None:
    said = read_ctm(recordings / f"{actor.name}.phones.ctm")
    for number, (utterance, phones) in enumerate(said.items()):
        samples, rate = read_samples(recordings / f"{utterance}.flac")
        num_frames = -(-len(samples) * FRAME_RATE // rate)  # the last one may reach beyond the sound
        pictures = film_mouth(as_phones(phones), num_frames, actor.face, np.random.default_rng([seed, _FILM, actor.number, number]))
        with atomic_write(films / f"{utterance}.mkv", "wb") as handle:
            handle.write(encode_film(pictures, FRAME_RATE, samples, rate))


def read_samples(path: Path) -> tuple[np.ndarray, int]:
    """Samples (num_samples,) int16 and their rate in Hz."""
    try:
        return soundfile.read(path, dtype="int16")
    except (OSError, soundfile.LibsndfileError) as error:
        raise DataError(path, f"cannot be read: {error}") from None


def as_phones(phones: list[Timed]) -> list[Phone]:
    return [Phone(phone.label, phone.start, phone.end) for phone in phones]


if __name__ == "__main__":
    run(main)
