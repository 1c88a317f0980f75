"""The synthesiser: the same bytes whenever and wherever, voices that differ, phone times that agree with the sound."""

import ctypes
import hashlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from cortado.errors import CortadoError
from cortado.synth import Voice, espeak, synthesise, variants

TEXT = "she sells happy paper to a busy city"
# One of each kind: plain, much flutter, noise from espeak-ng's own generator, noise from the C library's (Klatt), an echo.
KINDS = ("m1", "aunty", "whisper", "Reed", "f2")


def digest(variant: str, seed: int = 3) -> str:
    return hashlib.sha256(synthesise(TEXT, Voice(variant), seed=seed).samples.tobytes()).hexdigest()


def spectrum_of(speech, phone) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies and power of the middle half of a phone."""
    quarter = (phone.end - phone.start) / 4
    part = speech.samples[int((phone.start + quarter) * 16000) : int((phone.end - quarter) * 16000)]
    return np.fft.rfftfreq(len(part), 1 / 16000), np.abs(np.fft.rfft(part * np.hanning(len(part)))) ** 2


def rms(speech, start: float, end: float) -> float:
    return float(np.sqrt(np.mean(speech.samples[int(start * 16000) : int(end * 16000)] ** 2)))


def fundamental(samples: np.ndarray, rate: int) -> float:
    """Hz of the highest peak of the autocorrelation between 60 and 250 Hz, the median over voiced frames of 64 ms."""
    size, found = rate * 64 // 1000, []
    for start in range(0, len(samples) - size, size // 2):
        power = np.abs(np.fft.rfft(samples[start : start + size] * np.hanning(size), 4 * size)) ** 2
        correlation = np.fft.irfft(power)
        low, high = rate // 250, rate // 60
        lag = low + int(correlation[low:high].argmax())
        if correlation[lag] > 0.5 * correlation[0] > 0:
            found.append(rate / lag)
    return float(np.median(found))


def test_same_bytes_in_any_order():
    forwards = {variant: digest(variant) for variant in KINDS}
    backwards = {variant: digest(variant) for variant in reversed(KINDS)}
    assert forwards == backwards


def test_same_bytes_in_another_process():
    code = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\nfrom test_espeak import digest, KINDS\nprint(*map(digest, KINDS))"
    )
    fresh = subprocess.run([sys.executable, "-c", code], text=True, capture_output=True, check=True)
    assert fresh.stdout.split() == [digest(variant) for variant in KINDS]


def test_same_bytes_from_threads():
    alone = [digest(variant) for variant in KINDS]
    with ThreadPoolExecutor(3) as threads:
        assert list(threads.map(digest, KINDS)) == alone


def test_the_seed_draws_breath_and_flutter():
    assert digest("whisper", seed=1) != digest("whisper", seed=2)


def test_every_variant_is_a_voice_of_its_own():
    assert len(variants()) > 100
    assert len({digest(variant) for variant in variants()}) == len(variants())


@pytest.mark.parametrize("change", [{"pitch": 70}, {"pitch_range": 10}, {"words_per_minute": 150}, {"tract": 1.05}])
def test_every_property_of_a_voice_is_heard(change):
    plain, changed = synthesise(TEXT, Voice("m1")).samples, synthesise(TEXT, Voice("m1", **change)).samples
    assert plain.shape != changed.shape or not np.array_equal(plain, changed)


@pytest.mark.parametrize("variant", KINDS)
@pytest.mark.parametrize("words_per_minute, tract", [(110, 1.0), (175, 0.9), (300, 1.1)])
def test_phones_follow_each_other_and_cover_the_utterance(variant, words_per_minute, tract):
    speech = synthesise(TEXT + ", and then stops.", Voice(variant, words_per_minute=words_per_minute, tract=tract))
    assert speech.samples.dtype == np.float32 and np.abs(speech.samples).max() <= 1
    assert speech.phones[0].start == 0
    assert speech.phones[-1].end == len(speech.samples) / 16000
    assert all(before.end == after.start for before, after in zip(speech.phones, speech.phones[1:], strict=False))
    assert all(phone.start < phone.end for phone in speech.phones)
    assert len(speech.phones) >= 25


@pytest.mark.parametrize("tract", [0.9, 1.0, 1.1])
def test_the_sound_within_a_phone_is_that_phone(tract):
    """Hissing lies above 3 kHz, vowels below: if times were off by a phone, or not scaled with the tract, they would mix."""
    speech = synthesise("see us say so, a sea of ice", Voice("m1", tract=tract))
    shares = {"s": [], "vowel": []}
    for phone in speech.phones:
        kind = "s" if phone.label == "s" else "vowel" if phone.label[-1] in ":UIaV" else None
        if kind:
            frequencies, power = spectrum_of(speech, phone)
            shares[kind].append(power[frequencies > 3000].sum() / power.sum())
    assert len(shares["s"]) == 6 and len(shares["vowel"]) >= 5
    assert min(shares["s"]) > 0.5 > 0.2 > max(shares["vowel"])


def test_words_begin_where_the_library_says():
    _, events = espeak._speak(TEXT, Voice("m1"), seed=0)
    words = {sample / espeak.SYNTHESIS_RATE for kind, sample, _ in events if kind == espeak._WORD}
    assert len(words) == len(TEXT.split())
    assert words <= {phone.start for phone in synthesise(TEXT, Voice("m1")).phones}


def test_the_closure_of_a_stop_belongs_to_the_stop():
    speech = synthesise("happy", Voice("m1"))
    place = [phone.label for phone in speech.phones].index("p")
    vowel, stop = speech.phones[place - 1], speech.phones[place]
    assert rms(speech, stop.start + 0.002, stop.start + 0.02) < 0.01 * rms(speech, stop.end - 0.02, stop.end)
    assert rms(speech, vowel.end - 0.02, vowel.end - 0.002) > 0.1 * rms(speech, vowel.start, vowel.end)


def test_the_tract_scales_frequencies_and_keeps_the_tempo():
    plain, short = (synthesise(TEXT, Voice("m1", pitch_range=0, tract=tract)) for tract in (1.0, 1.2))
    assert fundamental(short.samples, 16000) / fundamental(plain.samples, 16000) == pytest.approx(1.2, rel=0.03)
    assert len(short.samples) / len(plain.samples) == pytest.approx(1, rel=0.05)


def test_the_sample_rate_changes_samples_but_no_times():
    low, high = synthesise(TEXT, Voice("f1"), 8000), synthesise(TEXT, Voice("f1"), espeak.SYNTHESIS_RATE)
    assert len(low.samples) / 8000 == pytest.approx(len(high.samples) / espeak.SYNTHESIS_RATE, abs=1e-3)
    assert [phone.start for phone in low.phones] == [phone.start for phone in high.phones]


@pytest.mark.parametrize(
    "values, complaint",
    [
        ({"variant": "nobody"}, "no voice variant 'nobody'; it has Alex"),
        ({"pitch": 100}, "pitch is 100, not within 0 to 99"),
        ({"pitch_range": -1}, "pitch_range is -1"),
        ({"tract": 2.0}, "tract is 2.0"),
        ({"words_per_minute": 40}, "40 words per minute"),
    ],
)
def test_impossible_voices_are_refused(values, complaint):
    with pytest.raises(CortadoError, match=complaint):
        Voice(**{"variant": "m1", **values})


@pytest.mark.parametrize("text, complaint", [("", "nothing to say"), (" ... ", "nothing to say"), ("a\0b", "NUL")])
def test_a_text_without_speech_is_an_error(text, complaint):
    with pytest.raises(CortadoError, match=complaint):
        synthesise(text, Voice("m1"))


def test_an_unknown_language_is_an_error():
    with pytest.raises(CortadoError, match=r"refuses voice.*'xx'"):
        synthesise(TEXT, Voice("m1", language="xx"))


def test_data_in_a_very_deep_folder_is_found(tmp_path, monkeypatch):
    """The library itself has room for 160 bytes of path."""
    library, data = espeak._files()
    deep = tmp_path / ("d" * 120) / ("e" * 120)
    deep.mkdir(parents=True)
    (deep / "data").symlink_to(data)
    expected = digest("m1")
    monkeypatch.setattr(espeak, "_files", lambda: (library, deep / "data"))
    assert digest("m1") == expected


def test_a_library_that_cannot_be_loaded_is_named(tmp_path, monkeypatch):
    broken = tmp_path / "libespeak-ng.so"
    broken.write_text("not a library")
    data = espeak._files()[1]
    monkeypatch.setattr(espeak, "_files", lambda: (broken, data))
    with pytest.raises(CortadoError, match=f"cannot load the synthesiser {broken}"):
        synthesise(TEXT, Voice("m1"))


def test_data_that_cannot_be_read_is_named(tmp_path, monkeypatch):
    voice, library = Voice("m1"), espeak._files()[0]
    monkeypatch.setattr(espeak, "_files", lambda: (library, tmp_path))
    with pytest.raises(CortadoError, match=f"cannot read its data in {tmp_path}"):
        synthesise(TEXT, voice)


def test_a_library_in_use_by_others_is_refused_and_ours_is_unloaded():
    synthesise(TEXT, Voice("m1"))
    library = ctypes.CDLL(str(espeak._files()[0]))
    try:
        with pytest.raises(CortadoError, match="already loaded"):
            synthesise(TEXT, Voice("m1"))
    finally:
        for _ in range(2):  # once for us, once for the look that found it
            ctypes.CDLL(None).dlclose(ctypes.c_void_p(library._handle))
    assert len(synthesise(TEXT, Voice("m1")).samples) > 16000
