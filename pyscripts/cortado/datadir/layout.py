"""Which file of a data directory is keyed by what. The one place to add a file that all operations shall carry along."""

from pathlib import Path

UTTERANCE, SPEAKER, RECORDING = "utterance", "speaker", "recording"
PAIR = "pair of utterances"
NOTHING = "nothing"  # one value for the whole directory

KEYED_BY = {
    "utt2spk": UTTERANCE,
    "segments": UTTERANCE,
    "text": UTTERANCE,
    "utt2dur": UTTERANCE,
    "utt2num_frames": UTTERANCE,
    "utt2lang": UTTERANCE,
    "utt2uniq": UTTERANCE,
    "utt2rec": UTTERANCE,
    "feats.scp": UTTERANCE,
    "feats.md5": UTTERANCE,  # of the values of each matrix: tells whether features of the same size and place have changed
    "vad.scp": UTTERANCE,
    "lips.scp": UTTERANCE,
    "lips.md5": UTTERANCE,
    "utt2num_lips": UTTERANCE,  # frames, 25 a second
    "f0.scp": UTTERANCE,
    "contour.scp": UTTERANCE,
    "cmvn_utt.scp": UTTERANCE,
    "spk2utt": SPEAKER,
    "spk2gender": SPEAKER,
    "cmvn.scp": SPEAKER,
    "wav.scp": RECORDING,
    "video.scp": RECORDING,
    "reco2dur": RECORDING,
    "reco2file_and_channel": RECORDING,
    "trials": PAIR,
    "frame_shift": NOTHING,
}

# Cheap to compute again from the other files: an utterance is never given up because one of these lacks it.
DERIVED = {
    "utt2dur": "utils/data/get_utt2dur.sh",
    "utt2num_frames": "utils/data/get_utt2num_frames.sh",
    "feats.md5": "steps/make_feats.sh",
    "lips.md5": "steps/make_lips.sh",
    "utt2num_lips": "steps/make_lips.sh",
    "reco2dur": "Kaldi's utils/data/get_reco2dur.sh",
}


def files_in(folder: str | Path) -> list[str]:
    """Names of the files of KEYED_BY that `folder` has, in that order."""
    return [name for name in KEYED_BY if (Path(folder) / name).is_file()]


def tables_in(folder: str | Path) -> list[str]:
    """Those of files_in that are tables: a key and its value on each line."""
    return [name for name in files_in(folder) if KEYED_BY[name] in (UTTERANCE, SPEAKER, RECORDING)]
