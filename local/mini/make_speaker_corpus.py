#!/usr/bin/env python3
"""Make the mini speaker corpus, or one job's share of its speakers: synthetic speech in rooms and noise, as 16-bit FLAC.

The folder is laid out like LibriSpeech: SPEAKERS.TXT, and SUBSET/SPEAKER/SESSION/ with SPEAKER-SESSION-NN.flac and
SPEAKER-SESSION.trans.txt. The same options give the same bytes, whatever the number of jobs.

Example: local/mini/make_speaker_corpus.py --num-jobs 4 --job 1 data/corpus
"""

import io
from pathlib import Path

import numpy as np
import soundfile
from corpus_folder import add_plan_options, describe_plan, plan_of, speaker_table, write_description

from cortado.command import add_job_options, make_parser, progress, run, share_of
from cortado.files import atomic_write
from cortado.synth import SAMPLE_RATE, Plan, Speaker

README = """SYNTHETIC speech, made by local/mini/make_speaker_corpus.py with the synthesiser espeak-ng. No person speaks here.
Every number measured on it says something about the programs, nothing about their accuracy on people.

{plan}
Rooms are decaying noise, noises are coloured noise, microphones are random equalisers; SPEAKERS.TXT lists the voices.
"""


def main() -> None:
    parser = make_parser(__doc__)
    add_job_options(parser)
    add_plan_options(parser, Plan)
    parser.add_argument("out", type=Path, help="folder of the corpus")
    args = parser.parse_args()
    plan = plan_of(args, Plan)
    mine = share_of(plan.speakers(), args)
    describe(plan, args.out)
    for speaker in progress(mine, len(mine), "speakers"):
        make_speaker(plan, speaker, args.out / speaker.subset / speaker.name)


def describe(plan: Plan, out: Path) -> None:
    """README and SPEAKERS.TXT."""
    texts = {"README": README.format(plan=describe_plan(plan)), "SPEAKERS.TXT": speaker_table(plan.speakers(), plan.sentences_per_speaker)}
    write_description(out, texts)


def make_speaker(plan: Plan, speaker: Speaker, folder: Path) -> None:
    """All recordings of a speaker, then the transcripts of each session."""
    transcripts: dict[Path, list[str]] = {}
    for utterance in plan.utterances(speaker):
        session = folder / f"s{utterance.session}"
        write_flac(session / f"{utterance.name}.flac", plan.render(utterance))
        transcripts.setdefault(session / f"{utterance.session_name}.trans.txt", []).append(f"{utterance.name} {utterance.text.upper()}\n")
    for path, lines in transcripts.items():
        with atomic_write(path) as handle:
            handle.writelines(lines)


def write_flac(path: Path, samples: np.ndarray, rate: int = SAMPLE_RATE) -> None:
    encoded = io.BytesIO()  # soundfile answers a full disk with an AssertionError
    soundfile.write(encoded, np.rint(samples * 32767).astype(np.int16), rate, format="FLAC", subtype="PCM_16")
    with atomic_write(path, "wb") as handle:
        handle.write(encoded.getbuffer())


if __name__ == "__main__":
    run(main)
