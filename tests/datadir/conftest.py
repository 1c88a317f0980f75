"""A small valid data directory with every kind of file, and a picture of a folder's bytes to compare before and after."""

from pathlib import Path

import pytest

SPEAKERS = {"s1": 3, "s2": 1, "s3": 4}


def write(path: Path, rows) -> None:
    path.write_text("".join(f"{key} {value}\n" for key, value in rows), encoding="utf-8")


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


@pytest.fixture
def snapshot():
    return contents


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """8 utterances of 3 speakers, each utterance a recording of its own."""
    folder = tmp_path / "data dir"
    folder.mkdir()
    utt2spk = [(f"{speaker}-u{i}", speaker) for speaker, count in SPEAKERS.items() for i in range(count)]
    write(folder / "utt2spk", utt2spk)
    write(folder / "spk2utt", [(speaker, " ".join(utt for utt, of in utt2spk if of == speaker)) for speaker in SPEAKERS])
    write(folder / "spk2gender", [("s1", "m"), ("s2", "f"), ("s3", "f")])
    write(folder / "wav.scp", [(utt, f"sox /corpus/{utt}.sph -t wav - |") for utt, _ in utt2spk])
    write(folder / "text", [(utt, f"the words of  {utt} naïve 語") for utt, _ in utt2spk])
    write(folder / "utt2dur", [(utt, 1.5 + i) for i, (utt, _) in enumerate(utt2spk)])
    write(folder / "utt2num_frames", [(utt, 148 + 100 * i) for i, (utt, _) in enumerate(utt2spk)])
    for name in ("feats.scp", "vad.scp", "video.scp", "lips.scp", "f0.scp", "contour.scp"):
        write(folder / name, [(utt, f"/exp/{name}.ark:{100 * i}") for i, (utt, _) in enumerate(utt2spk)])
    write(folder / "cmvn.scp", [(speaker, f"/exp/cmvn.ark:{i}") for i, speaker in enumerate(SPEAKERS)])
    write(folder / "utt2rec", [(utt, f"session{i // 2}") for i, (utt, _) in enumerate(utt2spk)])
    write(folder / "trials", [("s1-u0 s1-u1", "target"), ("s1-u0 s3-u3", "nontarget"), ("s3-u1 s3-u2", "target")])
    (folder / "frame_shift").write_text("0.01\n")
    return folder


@pytest.fixture
def segmented(data: Path) -> Path:
    """The same utterances as segments of three recordings, two of which hold several speakers."""
    utterances = [line.split()[0] for line in (data / "utt2spk").read_text().splitlines()]
    write(data / "segments", [(utt, f"rec{i % 3} {i} {i + 0.75}") for i, utt in enumerate(utterances)])
    write(data / "wav.scp", [(f"rec{i}", f"/corpus/rec{i}.flac") for i in range(3)])
    write(data / "video.scp", [(f"rec{i}", f"/corpus/rec{i}.mp4") for i in range(3)])
    write(data / "reco2dur", [(f"rec{i}", 20) for i in range(3)])
    return data
