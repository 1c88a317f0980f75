"""Which recording an utterance is from: what must not be on both sides of a split, and what figures are resampled by."""

from cortado.datadir.datadir import DataDir
from cortado.errors import DataError


def recordings_of(data_dir: DataDir) -> dict[str, str]:
    """Utterance -> its recording: as `utt2rec` says, or else `segments`; without either, an utterance is a recording.

    Raises DataError for an utterance that the file lacks, and for a recording of two speakers.
    """
    if data_dir.has("utt2rec"):
        name, recordings = "utt2rec", data_dir.table("utt2rec")
    elif data_dir.has("segments"):
        name, recordings = "segments", {utterance: segment.recording for utterance, segment in data_dir.segments.items()}
    else:
        name, recordings = "utt2spk", {utterance: utterance for utterance in data_dir.utt2spk}
    if missing := data_dir.utt2spk.keys() - recordings.keys():
        raise DataError(data_dir.path / name, f"has no line for {len(missing)} utterances, {min(missing)} for one")
    speaker_of: dict[str, str] = {}
    for utterance, speaker in data_dir.utt2spk.items():
        other = speaker_of.setdefault(recordings[utterance], speaker)
        if other != speaker:
            raise DataError(data_dir.path / name, f"the recording {recordings[utterance]} has utterances of {other} and of {speaker}")
    return {utterance: recordings[utterance] for utterance in data_dir.utterances}
