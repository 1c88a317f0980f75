"""The folder of a corpus that is made here: the options that made it on the command line, in its README, and in SPEAKERS.TXT."""

import argparse
import dataclasses
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from cortado.errors import CortadoError
from cortado.files import atomic_write
from cortado.synth.speakers import Speaker

Plan = TypeVar("Plan")


def add_plan_options(parser: argparse.ArgumentParser, plan: type) -> None:
    """An option for each field of a dataclass of whole numbers."""
    for field in dataclasses.fields(plan):
        parser.add_argument(f"--{field.name.replace('_', '-')}", type=int, default=field.default, help=f"default {field.default}")


def plan_of(args: argparse.Namespace, plan: type[Plan]) -> Plan:
    return plan(**{field.name: getattr(args, field.name) for field in dataclasses.fields(plan)})


def describe_plan(plan: object) -> str:
    """A line for each option."""
    return "".join(f"{key}: {value}\n" for key, value in dataclasses.asdict(plan).items())


def speaker_table(speakers: Iterable[Speaker], num_utterances: int) -> str:
    """SPEAKERS.TXT in LibriSpeech's layout."""
    lines = [";ID | SEX | SUBSET | UTTERANCES | VARIANT PITCH RANGE WORDS-PER-MINUTE TRACT\n"]
    for speaker in speakers:
        voice = speaker.voice
        how = f"{voice.variant} {voice.pitch} {voice.pitch_range} {voice.words_per_minute} {voice.tract:.3f}"
        lines.append(f"{speaker.name} | {speaker.gender.upper()} | {speaker.subset} | {num_utterances} | {how}\n")
    return "".join(lines)


def write_description(out: Path, texts: Mapping[str, str]) -> None:
    """Write the files that describe a corpus, README among them; every job writes them, the same.

    Raises CortadoError for a folder that holds something else, or a corpus whose README is another.
    """
    path = out / "README"
    others = [entry for entry in out.iterdir() if not entry.name.startswith(".")] if out.exists() else []
    if others and not (path.exists() and path.read_text(encoding="utf-8") == texts["README"]):
        raise CortadoError(f"{out} holds something else, or this corpus with other options; remove it or name another folder")
    for name, text in texts.items():
        with atomic_write(out / name) as handle:
            handle.write(text)
