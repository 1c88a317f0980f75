"""Small trees in the layouts of VoxCeleb, MUSAN, RIRS_NOISES and VCTK. The voices are SYNTHETIC: harmonics, syllables, a little noise."""

import itertools
from pathlib import Path

import numpy as np
import soundfile

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
