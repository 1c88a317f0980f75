#!/usr/bin/env python3
"""Make the mini recognition corpus, or one job's share of its speakers: synthetic commands with the times of their words and phones.

The folder holds README, SPEAKERS.TXT, grammar (the slots of a sentence, each with its words), and SUBSET/SPEAKER/ with SPEAKER-NNN.flac,
SPEAKER.trans.txt, and the synthesiser's own times as SPEAKER.words.ctm and SPEAKER.phones.ctm. The same options give the same bytes, whatever
the number of jobs.

Example: local/mini/make_asr_corpus.py --num-jobs 4 --job 1 data/corpus
"""

from pathlib import Path

from corpus_folder import add_plan_options, describe_plan, plan_of, speaker_table, write_description
from make_speaker_corpus import write_flac

from cortado.command import add_job_options, make_parser, progress, run, share_of
from cortado.datadir import write_table
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
    add_plan_options(parser, CommandPlan)
    parser.add_argument("out", type=Path, help="folder of the corpus")
    args = parser.parse_args()
    plan = plan_of(args, CommandPlan)
    mine = share_of(plan.speakers(), args)
    describe(plan, args.out)
    for speaker in progress(mine, len(mine), "speakers"):
        make_speaker(plan, speaker, args.out / speaker.subset / speaker.name)


def describe(plan: CommandPlan, out: Path) -> None:
    """README, SPEAKERS.TXT and grammar."""
    texts = {"README": README.format(plan=describe_plan(plan)), "SPEAKERS.TXT": speaker_table(plan.speakers(), plan.sentences_per_speaker)}
    write_description(out, texts | {"grammar": "".join(f"{slot} {' '.join(words)}\n" for slot, words in COMMANDS.items())})


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
