"""Small trees in the layouts of VoxCeleb, MUSAN, RIRS_NOISES, VCTK, GRID and LibriSpeech with transcripts.

The voices are SYNTHETIC: harmonics, syllables and a little noise, or, where words matter, the synthesiser of cortado.synth.
"""

import gzip
import itertools
from pathlib import Path

import av
import numpy as np
import soundfile

from cortado.synth import Voice, draw_sentences, synthesise
from cortado.synth.commands import spoken_phones, word_times
from cortado.synth.espeak import Phone
from cortado.synth.sentences import COMMANDS

VOX1_DEV = tuple(f"id1000{n}" for n in range(1, 7))
VOX1_TEST = tuple(f"id1027{n}" for n in range(4))
VOX2_DEV = tuple(f"id0001{n}" for n in range(2, 8))
VIDEOS = ("-abc_DEFgh1", "zZ9-_abcdef")
VCTK_SPEAKERS = {f"p{225 + n}": "FM"[n % 2] for n in range(6)}


def voice(speaker: int, utterance: int, rate: int, seconds: float) -> np.ndarray:
    """(num_samples,) float: harmonics of a pitch and a timbre of the speaker's own, in four syllables a second."""
    rng, t = np.random.default_rng([speaker, utterance]), np.arange(round(seconds * rate)) / rate
    timbre = np.random.default_rng(speaker).uniform(0.2, 1, 12)
    pitch = (100 + 17 * speaker) * (1 + 0.05 * np.sin(2 * np.pi * rng.uniform(0.5, 2) * t))
    phase = 2 * np.pi * np.cumsum(pitch) / rate
    tone = sum(a * np.sin(k * phase) / k for k, a in enumerate(timbre, 1))
    syllables = np.clip(np.sin(2 * np.pi * 4 * t + rng.uniform(0, 6)), 0, None)
    return 0.1 * tone * syllables + 0.001 * rng.standard_normal(len(t))


def write_recordings(folder: Path, speakers, suffix: str = ".wav", utterances: int = 2) -> list[str]:
    """SPEAKER/VIDEO/NNNNN.wav for each speaker and video; the paths below `folder`. WAV bytes also under another suffix."""
    paths = []
    for speaker, video, number in itertools.product(speakers, VIDEOS, range(1, utterances + 1)):
        path = folder / speaker / video / f"{number:05}{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        samples = voice(int(speaker[2:]) % 100, 10 * VIDEOS.index(video) + number, 16000, 1.2 + 0.1 * number)
        soundfile.write(path, samples, 16000, format="WAV")
        paths.append(f"{speaker}/{video}/{number:05}{suffix}")
    return paths


def write_list(path: Path, recordings: list[str]) -> None:
    """All pairs, as the published lists have them."""
    lines = (f"{int(a.split('/')[0] == b.split('/')[0])} {a} {b}\n" for a, b in itertools.combinations(recordings, 2))
    path.write_text("".join(lines))


def make_voxceleb(top: Path, utterances: int = 2) -> Path:
    """VoxCeleb1 and VoxCeleb2 (as .wav) with lists for O, O-cleaned and E-cleaned."""
    vox1, vox2 = top / "Vox Celeb1", top / "VoxCeleb2"
    dev = write_recordings(vox1 / "vox1_dev_wav/wav", VOX1_DEV, utterances=utterances)
    test = write_recordings(vox1 / "vox1_test_wav/wav", VOX1_TEST, utterances=utterances)
    write_recordings(vox2 / "dev/aac", VOX2_DEV, utterances=utterances)
    write_list(vox1 / "veri_test.txt", test)
    write_list(vox1 / "veri_test2.txt", test[1:])
    write_list(vox1 / "list_test_all2.txt", (dev + test)[::3])
    return top


def make_noises(top: Path) -> Path:
    """Folders musan and RIRS_NOISES with two recordings of each kind."""
    places = ("noise/free-sound", "music/fma", "speech/librivox")
    rooms = ("smallroom/Room001", "mediumroom/Room002")
    files = [f"musan/{p}/x-{n}.wav" for p in places for n in range(2)]
    files += [f"RIRS_NOISES/simulated_rirs/{r}/Room-{n}.wav" for r in rooms for n in range(2)]
    for number, name in enumerate(files):
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        decay = np.exp(-np.arange(8000) / 500) if "rirs" in name else 1
        soundfile.write(top / name, 0.1 * decay * np.random.default_rng(number).standard_normal(8000), 16000)
    return top


def make_vctk(top: Path, version: str = "0.92", utterances: int = 8, seconds: float = 1.1) -> Path:
    """A corpus of 48 kHz with six speakers, half of them women; two microphones in version 0.92."""
    corpus = top / "VCTK Corpus"
    folder, suffix = ("wav48_silence_trimmed", "_mic1.flac") if version == "0.92" else ("wav48", ".wav")
    lines = ["ID  AGE  GENDER  ACCENTS  REGION\n"]
    for index, (speaker, gender) in enumerate(VCTK_SPEAKERS.items()):
        lines.append(f"{speaker if version == '0.92' else speaker[1:]}  {20 + index}  {gender}    English    Southern England\n")
        for number in range(1, utterances + 1):
            path = corpus / folder / speaker / f"{speaker}_{number:03}{suffix}"
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path, voice(index, number, 48000, seconds), 48000)
            if version == "0.92":
                path.with_name(f"{speaker}_{number:03}_mic2.flac").write_bytes(b"the other microphone, which nobody reads")
    (corpus / "speaker-info.txt").write_text("".join(lines))
    return corpus


GRID_SENTENCES = ("bbaf2n", "lgbh6s", "prie1a", "swwizp", "bgin4n", "lwat9p", "pbbk8s", "sriy3a", "brbm5n", "lbwo7p", "pgaz2s", "swiq1a")
GRID_SLOTS = (
    {"b": "bin", "l": "lay", "p": "place", "s": "set"},
    {"b": "blue", "g": "green", "r": "red", "w": "white"},
    {"a": "at", "b": "by", "i": "in", "w": "with"},
    {letter: letter for letter in "abcdefghijklmnopqrstuvxyz"},
    dict(zip("z123456789", ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"], strict=True)),
    {"a": "again", "n": "now", "p": "please", "s": "soon"},
)
CODECS = {".mpg": ("mpeg1video", "mp2"), ".mp4": ("mpeg4", "aac")}
GRID_RATE = 44100


def make_grid(top: Path, talkers=("s1",), sentences=GRID_SENTENCES, suffix: str = ".mpg", under_video: bool = True) -> Path:
    """Clips of three seconds with the words' times, under video/ and align/, or each talker's own folder with align/ in it."""
    corpus = top / "GRID corpus"
    for index, talker in enumerate(talkers):
        videos, aligns = (
            (corpus / "video" / talker, corpus / "align" / talker) if under_video else (corpus / talker, corpus / talker / "align")
        )
        for folder in (videos, aligns):
            folder.mkdir(parents=True, exist_ok=True)
        for number, sentence in enumerate(sentences):
            text = " ".join(slot[letter] for slot, letter in zip(GRID_SLOTS, sentence, strict=True))
            samples, words = say(text, index, number, GRID_RATE, seconds=3.0)
            write_clip(videos / f"{sentence}{suffix}", samples, seconds=3.0, seed=number)
            write_align(aligns / f"{sentence}.align", words, seconds=3.0)
    return corpus


def say(text: str, speaker: int, seed: int, rate: int, seconds: float = 0.0) -> tuple[np.ndarray, list[Phone]]:
    """(num_samples,) float32 of at least `seconds`, a quarter of a second into which the words begin, and their times."""
    voice = Voice(("m1", "f1", "Mike", "Annie")[speaker % 4], pitch=40 + speaker, words_per_minute=160)
    speech = synthesise(text, voice, rate, seed)
    behind = max(rate // 4, round(seconds * rate) - rate // 4 - len(speech.samples))
    noise = 0.001 * np.random.default_rng([speaker, seed]).standard_normal(rate // 4 + len(speech.samples) + behind)
    samples = np.pad(speech.samples, (rate // 4, behind)) + noise
    return samples.astype(np.float32), word_times(spoken_phones(speech.phones, 0.25), text)


def write_clip(path: Path, samples: np.ndarray, seconds: float, seed: int = 0, grey: int = 0) -> None:
    """A video of small noisy pictures, the first `grey` of them even, 25 a second, with one channel of sound."""
    video_codec, audio_codec = CODECS[path.suffix]
    rng = np.random.default_rng(seed)
    with av.open(str(path), "w") as container:
        pictures = container.add_stream(video_codec, rate=25, width=64, height=48, pix_fmt="yuv420p")
        sound = container.add_stream(audio_codec, rate=GRID_RATE, layout="mono")
        for number in range(round(25 * seconds)):
            image = np.full((48, 64, 3), 128, np.uint8) if number < grey else rng.integers(0, 256, (48, 64, 3), np.uint8)
            container.mux(pictures.encode(av.VideoFrame.from_ndarray(image, "rgb24")))
        container.mux(pictures.encode())
        block = sound.codec_context.frame_size or 1152
        for start in range(0, len(samples), block):
            integers = np.rint(samples[start : start + block] * 32767).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(integers[None], "s16", "mono")
            frame.sample_rate, frame.pts = GRID_RATE, start
            container.mux(sound.encode(frame))
        container.mux(sound.encode())


def write_align(path: Path, words: list[Phone], seconds: float) -> None:
    """Times in 1/25000 s, silences included, lines ending in carriage returns as some of GRID's do."""
    edges = [0, *(round(25000 * word.start) for word in words), round(25000 * words[-1].end), round(25000 * seconds)]
    labels = ["sil", *(word.label for word in words), "sil"]
    lines = (f"{start} {end} {label}\r\n" for (start, end), label in zip(itertools.pairwise(edges), labels, strict=True))
    path.write_bytes("".join(lines).encode())


LIBRISPEECH_READERS = {"train-clean-100": ("103", "1034", "87"), "dev-clean": ("1272",), "test-clean": ("61", "672")}
# As the published lexicon has them: tabs, several lines for a word; CMUdict's phones with stress.
ARPABET = {
    "against": ("AH0 G EH1 N S T", "AH0 G EY1 N S T"),
    "beyond": ("B IH0 AA1 N D", "B IY2 AA1 N D"),
    "the": ("DH AH0", "DH AH1", "DH IY0"),
    "to": ("T UW1", "T IH0", "T AH0"),
}


def make_librispeech(top: Path, readers=None, utterances: int = 4) -> Path:
    """LibriSpeech with transcripts: two chapters a reader, sentences of COMMANDS in capitals; lexicon and two language models beside it."""
    corpus, lines = top / "Libri Speech", ["; ID | SEX | SUBSET | MINUTES | NAME\n"]
    readers = LIBRISPEECH_READERS if readers is None else readers
    everyone = [(subset, reader) for subset, names in readers.items() for reader in names]
    sentences = iter(draw_sentences(2 * utterances * len(everyone), 5, list(COMMANDS.values())))
    for index, (subset, reader) in enumerate(everyone):
        lines.append(f"{reader} | {'FM'[index % 2]} | {subset} | 25.0 | Somebody\n")
        for chapter in ("1240", "77"):
            folder = corpus / subset / reader / chapter
            folder.mkdir(parents=True)
            texts = {f"{reader}-{chapter}-{number:04}": next(sentences) for number in range(utterances)}
            for number, (name, text) in enumerate(texts.items()):
                soundfile.write(folder / f"{name}.flac", say(text, index, number, 16000)[0], 16000)
            transcript = "".join(f"{name} {text.upper()}\n" for name, text in texts.items())
            (folder / f"{reader}-{chapter}.trans.txt").write_text(transcript)
    (corpus / "SPEAKERS.TXT").write_text("".join(lines))
    write_lexicon_and_models(top)
    return corpus


def write_lexicon_and_models(top: Path) -> None:
    """librispeech-lexicon.txt, 3-gram.arpa.gz and 4-gram.arpa.gz of the words of COMMANDS, all equally likely but for one phrase."""
    from cortado.lang.pronounce import from_cmudict

    words = sorted(word for choices in COMMANDS.values() for word in choices)
    ways = [(entry.word, " ".join(entry.phones)) for entry in from_cmudict([w for w in words if w not in ARPABET], stress=True)]
    ways += [(word, phones) for word, own in ARPABET.items() for phones in own]
    (top / "librispeech-lexicon.txt").write_text("".join(f"{word.upper()}\t{phones}\n" for word, phones in sorted(ways)))
    phrase = ["BRING", "TWO", "HUGE", "GREEN"]
    for order in (3, 4):
        counts = [len(words) + 3, *([1] * (order - 1))]
        header = "".join(f"ngram {n}={count}\n" for n, count in enumerate(counts, 1))
        unigrams = ["-99\t<s>\t-0.1", "-1\t</s>", "-2\t<UNK>", *(f"-1.8\t{word.upper()}\t-0.1" for word in words)]
        sections = ["\n".join(unigrams)]
        sections += [f"-0.5\t{' '.join(phrase[:n])}" + ("\t-0.1" if n < order else "") for n in range(2, order + 1)]
        body = "".join(f"\n\\{n}-grams:\n{section}\n" for n, section in enumerate(sections, 1))
        with gzip.open(top / f"{order}-gram.arpa.gz", "wt") as out:
            out.write(f"\n\\data\\\n{header}{body}\n\\end\\\n")
