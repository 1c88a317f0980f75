#!/usr/bin/env python3
"""Make the mini recognition corpus, or one job's share of its speakers: synthetic commands with the times of their words and phones.

The folder holds README, SPEAKERS.TXT, grammar (the slots of a sentence, each with its words), and SUBSET/SPEAKER/ with SPEAKER-NNN.flac,
SPEAKER.trans.txt, and the synthesiser's own times as SPEAKER.words.ctm and SPEAKER.phones.ctm. The same options give the same bytes, whatever
the number of jobs.

Example: local/mini/make_asr_corpus.py --num-jobs 4 --job 1 data/corpus
"""

import dataclasses
from pathlib import Path

from make_speaker_corpus import write_flac

from cortado.command import add_job_options, make_parser, progress, run, share_of
from cortado.datadir import write_table
from cortado.errors import CortadoError
from cortado.files import atomic_write
from cortado.lang.ctm import Timed, write_ctm
from cortado.synth.commands import CommandPlan
from cortado.synth.espeak import Phone
from cortado.synth.sentences import COMMANDS
from cortado.synth.speakers import Speaker

README = """SYNTHETIC speech, made by local/mini/make_asr_corpus.py with the synthesiser espeak-ng. No person speaks here.
Every number measured on it says something about the programs, nothing about their accuracy on people.

{plan}
Noises are coloured noise, microphones are random equalisers, there are no rooms; SPEAKERS.TXT lists the voices. The .ctm files hold the
synthesiser's own times of words and phones in seconds: utterance, channel, start, duration, word or phone.
"""


def main() -> None:
    parser = make_parser(__doc__)
    add_job_options(parser)
    for field in dataclasses.fields(CommandPlan):
        parser.add_argument(f"--{field.name.replace('_', '-')}", type=int, default=field.default, help=f"default {field.default}")
    parser.add_argument("out", type=Path, help="folder of the corpus")
    args = parser.parse_args()
    plan = CommandPlan(**{field.name: getattr(args, field.name) for field in dataclasses.fields(CommandPlan)})
    mine = share_of(plan.speakers(), args)
    describe(plan, args.out)
    for speaker in progress(mine, len(mine), "speakers"):
        make_speaker(plan, speaker, args.out / speaker.subset / speaker.name)


def describe(plan: CommandPlan, out: Path) -> None:
    """README, SPEAKERS.TXT and grammar. Every job writes them, the same; a folder that holds another corpus is refused."""
    readme = README.format(plan="".join(f"{key}: {value}\n" for key, value in dataclasses.asdict(plan).items()))
    path = out / "README"
    others = [entry for entry in out.iterdir() if not entry.name.startswith(".")] if out.exists() else []
    if others and not (path.exists() and path.read_text(encoding="utf-8") == readme):
        raise CortadoError(f"{out} holds something else, or this corpus with other options; remove it or name another folder")
    lines = [";ID | SEX | SUBSET | UTTERANCES | VARIANT PITCH RANGE WORDS-PER-MINUTE TRACT\n"]
    for speaker in plan.speakers():
        voice = speaker.voice
        how = f"{voice.variant} {voice.pitch} {voice.pitch_range} {voice.words_per_minute} {voice.tract:.3f}"
        lines.append(f"{speaker.name} | {speaker.gender.upper()} | {speaker.subset} | {plan.sentences_per_speaker} | {how}\n")
    grammar = "".join(f"{slot} {' '.join(words)}\n" for slot, words in COMMANDS.items())
    for name, text in (("README", readme), ("SPEAKERS.TXT", "".join(lines)), ("grammar", grammar)):
        with atomic_write(out / name) as handle:
            handle.write(text)


def make_speaker(plan: CommandPlan, speaker: Speaker, folder: Path) -> None:
    """All recordings of a speaker, then what is said in them and when."""
    texts: dict[str, str] = {}
    words: dict[str, list[Timed]] = {}
    phones: dict[str, list[Timed]] = {}
    for utterance in plan.utterances(speaker):
        recording = plan.render(utterance)
        write_flac(folder / f"{utterance.name}.flac", recording.samples)
        texts[utterance.name] = utterance.text
        words[utterance.name], phones[utterance.name] = timed(recording.words), timed(recording.phones)
    write_ctm(folder / f"{speaker.name}.words.ctm", words.items())
    write_ctm(folder / f"{speaker.name}.phones.ctm", phones.items())
    write_table(folder / f"{speaker.name}.trans.txt", texts)


def timed(units: list[Phone]) -> list[Timed]:
    return [Timed(unit.start, unit.end, unit.label) for unit in units]


if __name__ == "__main__":
    run(main)
