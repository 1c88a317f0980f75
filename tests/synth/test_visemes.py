"""What the mouth does: phones that look alike do, lips close where they must, and neighbours colour each other as the formula says."""

import numpy as np
import pytest

from cortado.errors import CortadoError
from cortado.synth.commands import CommandPlan, spoken_phones
from cortado.synth.espeak import Phone, synthesise
from cortado.synth.sentences import COMMANDS
from cortado.synth.visemes import REACH, SHAPES, SHAPES_OF, Shape, mouth_track

PARAMETERS = Shape._fields[:-1]


def spoken(labels: str, start: float = 0.2, seconds: float = 0.12) -> list[Phone]:
    return [Phone(label, start + n * seconds, start + (n + 1) * seconds) for n, label in enumerate(labels.split())]


def postures(labels: str, rate: float = 1000, **times) -> dict[str, np.ndarray]:
    """Each parameter over time, a frame a millisecond."""
    phones = spoken(labels, **times)
    return dict(zip(PARAMETERS, mouth_track(phones, round((phones[-1].end + 0.3) * rate), rate).T, strict=True))


@pytest.mark.parametrize("group", ["p b m", "f v", "T D", "t d n s z l", "S Z tS dZ", "k g N"])
def test_consonants_that_lipreaders_confuse_look_the_same(group):
    tracks = [mouth_track(spoken(f"a {phone} a"), 20, 25) for phone in group.split()]
    assert all(np.array_equal(track, tracks[0]) for track in tracks)


def test_phones_of_different_shapes_look_different():
    first = {shape: phone for phone, (shape, *_) in SHAPES_OF.items()}
    tracks = [mouth_track(spoken(f"u: {phone} a"), 20, 25) for phone in first.values()]
    for number, track in enumerate(tracks):
        assert all(np.abs(track - other).max() > 0.05 for other in tracks[:number])


def test_every_phone_of_the_commands_has_a_shape():
    voice = CommandPlan().speakers()[0].voice
    for words in COMMANDS.values():
        phones = spoken_phones(synthesise(" ".join(words), voice).phones, 0.0)
        assert np.isfinite(mouth_track(phones, 100, 25)).all()


def test_lips_are_pressed_in_p_b_m_and_nowhere_else():
    opening = postures("a m a s a f a")["opening"]
    assert opening[330:430].max() < -0.2 and opening[500:1000].min() > 0.1


def test_the_lower_lip_is_under_the_teeth_in_f_v_and_nowhere_else():
    tuck = postures("a v a m a")["tuck"]
    assert tuck[340:420].min() > 0.85 and tuck[560:].max() < 0.02


def test_a_long_phone_reaches_its_shape_and_a_short_one_falls_short():
    def reached(seconds):
        return postures("t a t", seconds=seconds)["opening"][round(1000 * (0.2 + 1.5 * seconds))]

    full = SHAPES["near-open"].opening
    assert reached(0.6) == pytest.approx(full, abs=0.001) and 0.5 * full < reached(0.06) < full - 0.1


def test_what_a_phone_leaves_free_comes_from_its_neighbours():
    """The lips of t are round in "two" and spread in "tea"; its teeth show in both."""
    two, tea = postures("t u:"), postures("t i:")
    assert two["rounding"][310] > 0.4 > 0.01 > tea["rounding"][310]
    assert tea["width"][310] > 0.4 > -0.3 > two["width"][310]
    assert postures("u: h u:")["rounding"][380] == pytest.approx(0.9, abs=0.02)


def test_diphthongs_go_from_one_shape_to_another():
    rounding = postures("aU", seconds=0.3)["rounding"]
    assert rounding[275] < 0.1 and rounding[425] > 0.8
    opening = postures("aU", seconds=0.3)["opening"]
    assert opening[275] > 0.8 and opening[425] < 0.25


def test_the_mouth_rests_before_and_behind():
    track = mouth_track(spoken("a", start=0.5), 1200, 1000)
    assert np.abs(track[[0, -1]]).max() < 1e-4


def test_a_posture_is_the_mean_of_all_shapes_by_strength_and_nearness():
    """Cohen and Massaro's sum, written out."""
    phones, time = spoken("b a T u:"), 0.37
    aims = [(-9.0, 0.2, "rest")] + [(p.start, p.end, SHAPES_OF[p.label][0]) for p in phones] + [(0.2 + 4 * 0.12, 9.0, "rest")]
    for number, parameter in enumerate(PARAMETERS):
        total = weights = 0.0
        for start, end, name in aims:
            value = getattr(SHAPES[name], parameter)
            if not np.isnan(value):
                weight = SHAPES[name].strength * np.exp(-max(start - time, time - end, 0) / REACH)
                total, weights = total + weight * value, weights + weight
        assert mouth_track(phones, 1, 0.5 / time)[0, number] == pytest.approx(total / weights)


def test_a_phone_without_a_shape_is_named():
    with pytest.raises(CortadoError, match=r"no shape of the mouth is known for the phone 'x' at 0.320 s"):
        mouth_track(spoken("a x"), 10, 25)
