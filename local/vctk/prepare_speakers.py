#!/usr/bin/env python3
"""Data directories and trials for speaker verification from VCTK 0.92 or 0.80: speakers apart, tests of several lengths.

    local/vctk/prepare_speakers.py --corpus /corpora/VCTK-Corpus-0.92 --test-speakers 11 data

The corpus holds wav48_silence_trimmed/pNNN/pNNN_NNN_mic1.flac (0.92, of which the first microphone is taken) or wav48/pNNN/pNNN_NNN.wav
(0.80), and speaker-info.txt. Test speakers are drawn at random, half of them women, before anything else.

Half of a test speaker's utterances, drawn at random, serve to enrol: each of --draws models of a speaker is of --enrol of them. The others
are the tests. As most are shorter than the longest of --lengths, they are put together, one after the other, until they are no shorter;
these chains are the test utterances, so that every length has the same trials. A cut lies about the middle of the utterance in the
middle of its chain.

data/train, data/enrol                    utterances as they are in the corpus, at 48 kHz
data/test_full, data/test_1s, ...         chains at 16 kHz, and cuts of them (by `segments`) under the same names
data/trials/{trials,trials_same_sex}      every model against every chain, and the same among women and among men
data/trials/{models,utt2spk}              the utterances of each model; the speakers of all that occurs
"""

import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile
import soxr
from corpus import Utterance, find_utterances, read_genders

from cortado.command import make_parser, progress, run
from cortado.datadir import utt2spk_to_spk2utt, write_table
from cortado.datadir.audio import duration, read_audio
from cortado.datadir.trials import Trials, write_trials
from cortado.errors import CortadoError
from cortado.files import atomic_write

SAMPLE_RATE = 16000
_SPEAKERS, _HALVES, _MODELS = range(3)  # what a generator of random numbers is for


class Chain(NamedTuple):
    """Utterances of a speaker one after the other; ends: where each of them ends, in seconds."""

    name: str
    speaker: str
    utterances: list[Utterance]
    ends: list[float]

    def cut(self, seconds: float) -> tuple[float, float]:
        """Start and end of `seconds` of it, around the middle of the utterance in its middle."""
        middle = len(self.ends) // 2
        centre = ([0.0, *self.ends][middle] + self.ends[middle]) / 2
        start = min(max(0.0, centre - seconds / 2), self.ends[-1] - seconds)
        return start, start + seconds


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--corpus", required=True, type=Path, help="the VCTK folder")
    parser.add_argument("--test-speakers", type=int, default=11, help="speakers held out, half of them women (default 11, a tenth)")
    parser.add_argument("--lengths", default="1 2 4 8", metavar="'S S'", help="seconds of the test cuts (default 1 2 4 8)")
    parser.add_argument("--enrol", type=int, default=10, metavar="M", help="utterances of a model (default 10)")
    parser.add_argument("--draws", type=int, default=20, help="models of each test speaker (default 20)")
    parser.add_argument("--seed", type=int, default=0, help="of all that is drawn (default 0)")
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    lengths = parse_lengths(args.lengths)
    utterances = find_utterances(args.corpus)
    genders = read_genders(args.corpus / "speaker-info.txt")
    test_speakers = draw_test_speakers({u.speaker for u in utterances}, genders, args.test_speakers, args.seed)
    enrol, chains = [], []
    for speaker in test_speakers:
        for_enrolment, for_tests = draw_halves([u for u in utterances if u.speaker == speaker], args.seed)
        enrol += for_enrolment
        chains += make_chains(for_tests, max(lengths))
    models = draw_models(enrol, args.enrol, args.draws, args.seed)
    write_utterances(args.out / "train", [u for u in utterances if u.speaker not in test_speakers])
    write_utterances(args.out / "enrol", enrol)
    write_chains(args.out, chains, lengths)
    write_model_trials(args.out / "trials", models, enrol, chains, genders)


def parse_lengths(text: str) -> list[float]:
    try:
        lengths = [float(word) for word in text.split()]
    except ValueError:
        lengths = []
    if not lengths or min(lengths) <= 0:
        raise CortadoError(f"--lengths '{text}': expected seconds above 0, such as '1 2 4 8'")
    return lengths


def draw_test_speakers(speakers: Iterable[str], genders: Mapping[str, str], number: int, seed: int) -> list[str]:
    """`number` of the speakers, half of them women (the odd one too); one without a gender in speaker-info.txt is never drawn."""
    rng = np.random.default_rng([seed, _SPEAKERS])
    known = {gender: sorted(s for s in speakers if genders.get(s) == gender) for gender in "fm"}
    wanted = {"f": number - number // 2, "m": number // 2}
    for gender, name in (("f", "women"), ("m", "men")):
        if not 1 <= wanted[gender] < len(known[gender]):
            raise CortadoError(
                f"--test-speakers {number}: {wanted[gender]} {name} are to be held out of {len(known[gender])}; "
                "at least one has to be held out and one to be left"
            )
    return sorted(str(s) for gender in "fm" for s in rng.permutation(known[gender])[: wanted[gender]])


def draw_halves(own: list[Utterance], seed: int) -> tuple[list[Utterance], list[Utterance]]:
    """A speaker's utterances for enrolment and those for tests, each in their order."""
    rng = np.random.default_rng([seed, _HALVES, *own[0].speaker.encode()])
    order = rng.permutation(len(own))
    first, second = np.sort(order[: len(own) // 2]), np.sort(order[len(own) // 2 :])
    return [own[i] for i in first], [own[i] for i in second]


def make_chains(own: list[Utterance], seconds: float) -> list[Chain]:
    """Chains of at least `seconds`, of a speaker's utterances in their order. What is left at the end is too short and dropped."""
    chains, pending, ends = [], [], [0.0]
    for utterance in own:
        pending.append(utterance)
        ends.append(ends[-1] + duration(str(utterance.path)))
        if ends[-1] >= seconds:
            chains.append(Chain(f"{utterance.speaker}-chain{len(chains) + 1:03}", utterance.speaker, pending, ends[1:]))
            pending, ends = [], [0.0]
    if not chains:
        raise CortadoError(f"{own[0].path.parent}: {ends[-1]:.1f} s for tests are not enough for --lengths {seconds:g}")
    return chains


def draw_models(enrol: list[Utterance], size: int, draws: int, seed: int) -> dict[str, list[Utterance]]:
    """`draws` models of each speaker, of `size` of the speaker's utterances."""
    if size < 1 or draws < 1:
        raise CortadoError(f"--enrol {size} and --draws {draws}: both are 1 or more")
    models = {}
    for speaker in sorted({u.speaker for u in enrol}):
        own = [u for u in enrol if u.speaker == speaker]
        if len(own) < size:
            raise CortadoError(f"--enrol {size}: {speaker} has {len(own)} utterances to enrol with")
        rng = np.random.default_rng([seed, _MODELS, *speaker.encode()])
        for draw in range(1, draws + 1):
            chosen = np.sort(rng.choice(len(own), size, replace=False))
            models[f"{speaker}-model{draw:02}"] = [own[i] for i in chosen]
    return models


def write_utterances(folder: Path, utterances: list[Utterance]) -> None:
    write_tables(folder, {u.name: str(u.path) for u in utterances}, {u.name: u.speaker for u in utterances})
    print(f"{folder}: {len(utterances)} utterances of {len({u.speaker for u in utterances})} speakers")


def write_tables(folder: Path, wav_scp: Mapping[str, str], utt2spk: Mapping[str, str]) -> None:
    write_table(folder / "wav.scp", wav_scp)
    write_table(folder / "utt2spk", utt2spk)
    write_table(folder / "spk2utt", {speaker: " ".join(names) for speaker, names in utt2spk_to_spk2utt(utt2spk).items()})


def write_chains(out: Path, chains: list[Chain], lengths: list[float]) -> None:
    """test_full with the audio of the chains, and a data directory of cuts for each length."""
    audio = (out / "test_full/audio").absolute()
    wav_scp = {chain.name: str(audio / f"{chain.name}.flac") for chain in chains}
    utt2spk = {chain.name: chain.speaker for chain in chains}
    for chain in progress(chains, len(chains), "chains"):
        write_audio(audio / f"{chain.name}.flac", chain)
    write_tables(out / "test_full", wav_scp, utt2spk)
    for seconds in lengths:
        folder = out / f"test_{seconds:g}s"
        write_tables(folder, wav_scp, utt2spk)
        cuts = {chain.name: chain.cut(seconds) for chain in chains}
        write_table(folder / "segments", {name: f"{name} {start:.4f} {end:.4f}" for name, (start, end) in cuts.items()})
    mean = np.mean([chain.ends[-1] for chain in chains])
    print(f"{out}: {len(chains)} test utterances of {mean:.1f} s on average, cut to {', '.join(f'{s:g}' for s in lengths)} s")


def write_audio(path: Path, chain: Chain) -> None:
    pieces = [soxr.resample(*read_audio(str(utterance.path)), SAMPLE_RATE) for utterance in chain.utterances]
    encoded = io.BytesIO()  # soundfile answers a full disk with an AssertionError
    soundfile.write(encoded, np.clip(np.concatenate(pieces), -1, 1), SAMPLE_RATE, format="FLAC", subtype="PCM_16")
    with atomic_write(path, "wb") as handle:
        handle.write(encoded.getbuffer())


def write_model_trials(
    folder: Path, models: Mapping[str, list[Utterance]], enrol: list[Utterance], chains: list[Chain], genders: Mapping[str, str]
) -> None:
    """Every model against every chain. utt2spk beside them has the utterances of the models and the chains."""
    speaker_of = {name: own[0].speaker for name, own in models.items()}
    pairs = [(model, chain) for model in models for chain in chains]
    is_target = np.array([speaker_of[model] == chain.speaker for model, chain in pairs])
    trials = Trials([model for model, _ in pairs], [chain.name for _, chain in pairs], is_target)
    gender_of = {**{c.name: genders[c.speaker] for c in chains}, **{model: genders[speaker] for model, speaker in speaker_of.items()}}
    write_table(folder / "models", {name: " ".join(u.name for u in own) for name, own in models.items()})
    write_table(folder / "utt2spk", {u.name: u.speaker for u in enrol} | {chain.name: chain.speaker for chain in chains})
    write_trials(folder / "trials", trials)
    write_trials(folder / "trials_same_sex", trials.select(lambda model, chain: gender_of[model] == gender_of[chain]))
    print(f"{folder}: {len(pairs)} trials of {len(models)} models")


if __name__ == "__main__":
    run(main)
