"""A small tree in the layout of LRS2-BBC: SYNTHETIC voices and drawn mouths, in MPEG-4 and AAC, with transcripts, word times and lists."""

from collections.abc import Mapping
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import numpy as np

from cortado.synth.commands import SAMPLE_RATE, CommandPlan, Recording
from cortado.synth.mouth import FRAME_RATE, SIZE, draw_face, film_mouth

SOURCES = {
    "pretrain": ("5535415699068794046", "6330311066473698535"),
    "train": ("5535415699068794046",),
    "val": ("6001",),
    "test": ("6350",),
}
FIELDS = {"test": (" NF", " MV")}  # what stands behind some clips of the published list
SENTENCES_OF_A_PRETRAIN_CLIP = 2


def make_lrs2(top: Path, clips: Mapping[str, int] | None = None, size: int = 2 * SIZE) -> Path:
    """mvlrs_v1 in `top`, with `clips` (set -> number) in the folders of SOURCES; pictures of size x size, the mouth in their middle."""
    clips = clips or {"pretrain": 2, "train": 2, "val": 1, "test": 2}
    corpus = top / "mvlrs_v1"
    plan = CommandPlan(num_train_speakers=4, num_dev_speakers=1, num_test_speakers=1, sentences_per_speaker=30)
    speakers = iter(plan.speakers())
    for subset, count in clips.items():
        entries = []
        for source in SOURCES[subset]:
            speaker = next(speakers)
            face = draw_face(np.random.default_rng(speaker.number))
            said = (plan.render(utterance) for utterance in plan.utterances(speaker))
            for number in range(1, -(-count // len(SOURCES[subset])) + 1):
                recording = join(list(islice(said, SENTENCES_OF_A_PRETRAIN_CLIP if subset == "pretrain" else 1)))
                folder = corpus / ("pretrain" if subset == "pretrain" else "main") / source
                write_clip(folder / f"{number:05}.mp4", recording, face, size, seed=len(entries))
                write_transcript(folder / f"{number:05}.txt", recording, has_times=subset == "pretrain")
                entries.append(f"{source}/{number:05}")
        fields = FIELDS.get(subset, ("",))
        (corpus / f"{subset}.txt").write_text("".join(f"{entry}{fields[i % len(fields)]}\n" for i, entry in enumerate(entries)))
    return corpus


def join(recordings: list[Recording]) -> Recording:
    """One behind the other."""
    starts = np.cumsum([0, *(len(recording.samples) for recording in recordings)]) / SAMPLE_RATE
    moved = [
        [[said._replace(start=said.start + start, end=said.end + start) for said in kind] for kind in (recording.words, recording.phones)]
        for recording, start in zip(recordings, starts, strict=False)
    ]
    words, phones = ([said for kinds in moved for said in kinds[kind]] for kind in (0, 1))
    return Recording(np.concatenate([recording.samples for recording in recordings]), words, phones)


def write_clip(path: Path, recording: Recording, face, size: int, seed: int) -> None:
    """Pictures of `face` saying it, with the sound."""
    path.parent.mkdir(parents=True, exist_ok=True)
    num_frames = round(len(recording.samples) / SAMPLE_RATE * FRAME_RATE)
    mouths = film_mouth(recording.phones, num_frames, face, np.random.default_rng(seed))
    margin = (size - SIZE) // 2
    samples = np.rint(recording.samples * 32767).astype(np.int16)
    with av.open(str(path), "w") as container:
        video = container.add_stream(
            "mpeg4", rate=FRAME_RATE, width=size, height=size, pix_fmt="yuv420p", options={"qmin": "3", "qmax": "3"}
        )
        sound = container.add_stream("aac", rate=SAMPLE_RATE, layout="mono")
        for mouth in mouths:
            picture = np.pad(mouth, margin, constant_values=60)
            container.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="gray")))
        container.mux(video.encode())
        block = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
        block.sample_rate, block.pts, block.time_base = SAMPLE_RATE, 0, Fraction(1, SAMPLE_RATE)
        container.mux(sound.encode(block))
        container.mux(sound.encode())


def write_transcript(path: Path, recording: Recording, has_times: bool) -> None:
    """As published: the text, a figure of confidence, and in pretrain a table of the words' times."""
    lines = [f"Text:  {' '.join(word.label for word in recording.words).upper()}", "Conf:  4"]
    if has_times:
        lines += ["", "WORD START END ASDSCORE"]
        lines += [f"{word.label.upper()} {word.start:.2f} {word.end:.2f} 7.1" for word in recording.words]
    path.write_text("\n".join(lines) + "\n")
