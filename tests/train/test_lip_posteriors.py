"""Posteriors of a clip do not depend on its company; those of a long clip are its chunks' own."""

import itertools
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).parent))
from lip_data import make_config, write_clips

from cortado import ark
from cortado.train.lip_clips import LipClips
from cortado.train.lip_pixels import middle_view
from cortado.train.lip_posteriors import LipReader, chunk_starts
from cortado.train.lips import build_network

LENGTHS = [12, 50, 7, 1, 33]


@pytest.fixture
def data_dir(tmp_path):
    return write_clips(tmp_path / "data", LENGTHS)


@pytest.fixture
def reader() -> LipReader:
    torch.manual_seed(0)
    return LipReader(build_network(make_config(), (28, 28), num_classes=4).eval(), make_config().pixels)


def test_posteriors_in_a_batch_are_those_of_each_clip_alone(data_dir, reader):
    clips = LipClips(data_dir)
    together = reader.read(clips, range(5))
    for index, (utterance, length) in enumerate(zip(clips.utterances, LENGTHS, strict=True)):
        alone = reader.network(torch.from_numpy(middle_view(ark.read(data_dir.table("lips.scp")[utterance]), reader.pixels))[None])[0]
        assert together[index].shape == (4 * length, 4) and together[index].dtype == np.float32
        np.testing.assert_allclose(together[index], alone.detach().numpy(), atol=1e-5)


def test_each_output_of_a_long_clip_is_of_the_chunk_whose_middle_is_nearest(data_dir, reader):
    clips, size = LipClips(data_dir), 16
    found = reader.read_in_chunks(clips, 1, size)
    starts = chunk_starts(50, size)
    pixels = ark.read(data_dir.table("lips.scp")["u01"])
    chunks = [reader.network(torch.from_numpy(middle_view(pixels[s : s + size], reader.pixels))[None])[0].detach().numpy() for s in starts]
    for frame in range(50):
        distances = np.abs(frame + 0.5 - (starts + size / 2))
        expected = [chunks[i][4 * (frame - starts[i]) :][:4] for i in np.flatnonzero(distances == distances.min())]
        differences = [np.abs(found[4 * frame : 4 * frame + 4] - one).max() for one in expected]
        assert min(differences) < 1e-5, frame


@pytest.mark.parametrize(("num_frames", "size"), [(101, 100), (175, 100), (176, 100), (1000, 64), (50, 100), (9, 2), (3, 1)])
def test_chunks_cover_a_clip_overlap_by_a_quarter_and_are_as_few_as_can_be(num_frames, size):
    starts = chunk_starts(num_frames, size)
    assert starts[0] == 0 and starts[-1] == max(0, num_frames - size)
    assert all(later - earlier <= size - size // 4 for earlier, later in itertools.pairwise(starts))
    reach_of_fewer = size + (len(starts) - 2) * (size - size // 4)
    assert len(starts) == 1 or reach_of_fewer < num_frames


def test_a_clip_no_longer_than_a_chunk_is_read_as_a_whole(data_dir, reader):
    clips = LipClips(data_dir)
    np.testing.assert_allclose(reader.read_in_chunks(clips, 0, 12), reader.read(clips, [0])[0], atol=1e-6)
