"""The path against a search through all paths; voicing on made-up curves."""

import itertools

import numpy as np

from cortado.pitch.melody import MAX_JUMP, PathFinder, find_voiced


def best_of_all(salience: np.ndarray, jump: float) -> tuple[int, ...]:
    """The path of the greatest score, by trying every one."""
    shares = salience / salience.max(axis=1, keepdims=True)

    def score(path) -> float:
        moves = np.diff(path) * 10 / jump
        return sum(row[b] for row, b in zip(shares, path, strict=True)) - np.square(moves).sum()

    return max(itertools.product(range(salience.shape[1]), repeat=len(salience)), key=score)


def test_the_path_is_the_best_of_all_paths_however_the_frames_are_dealt():
    rng = np.random.default_rng(0)
    for jump in (10, 20, 60) * 5:
        salience = rng.random((5, 5)).astype(np.float32)
        best = best_of_all(salience, jump)
        for block in (1, 3, 5):
            finder = PathFinder(5, jump)
            for begin in range(0, 5, block):
                finder.add(salience[begin : begin + block])
            assert tuple(finder.path()) == best


def test_no_jump_is_wider_than_a_voice_makes_and_frames_without_salience_hold_the_pitch():
    salience = np.zeros((60, 200), np.float32)
    salience[:20, 10] = salience[40:, 190] = 1
    finder = PathFinder(200, jump=1e6)
    finder.add(salience)
    path = finder.path()
    assert (path[:20] == 10).all() and (path[40:] == 190).all()
    assert np.abs(np.diff(path)).max() <= MAX_JUMP


def test_sung_is_what_is_harmonic_and_loud_enough_for_long_enough():
    harmonicity, salience = np.full(400, 0.02), np.full(400, 0.001)
    harmonicity[50:200], salience[50:200] = 0.5, 0.1
    harmonicity[200:260], salience[200:260] = 0.5, 0.005  # rings on, 26 dB lower
    harmonicity[300:312], salience[300:312] = 0.5, 0.1  # 12 frames
    salience[350:390] = 0.1  # noise
    voiced = find_voiced(harmonicity, salience, least=0.1, range_db=20, min_frames=17)
    assert np.flatnonzero(np.diff(voiced.astype(int))).tolist() == [49, 199]
    assert not find_voiced(np.full(400, 0.02), salience, 0.1, 20, 17).any()
