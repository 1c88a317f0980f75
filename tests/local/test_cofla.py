"""local/cofla on a generated tree: which tracks are used and as whose, which are not and why, and what is wrong with a tree."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from cortado.datadir import DataDir, read_table
from cortado.datadir.validate import problems
from cortado.errors import CortadoError

sys.path.extend([str(Path(__file__).parent), str(Path(__file__).parents[2] / "local/cofla")])
from cofla import choose, family_of, find_audio, find_metadata, plain, read_tracks
from cofla_tree import TRACKS, make_cofla, metadata

COMMAND = Path(__file__).resolve().parents[2] / "local/cofla/prepare_sid.sh"


def prepare(corpus: Path, data: Path, *options) -> subprocess.CompletedProcess:
    return subprocess.run(["bash", COMMAND, *map(str, options), corpus, data], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory) -> Path:
    return make_cofla(tmp_path_factory.mktemp("cofla"))


@pytest.fixture(scope="module")
def data(corpus, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("prepared") / "recordings"
    prepared = prepare(corpus, folder, "--nj", 2)
    assert prepared.returncode == 0, prepared.stderr + prepared.stdout
    return folder


def test_singers_with_three_recordings_of_the_styles_are_used_under_one_spelling(data):
    assert problems(data, need_feats=False, need_text=False, need_wav=True) == []
    assert {singer: list(names) for singer, names in DataDir(data).spk2utt.items()} == {
        "antonio_mairena": [f"antonio_mairena-{n}" for n in ("005", "017", "018")],
        "camaron_de_la_isla": [f"camaron_de_la_isla-{n}" for n in ("001", "002", "003")],
    }
    left_out = read_table(data / "left_out")
    assert left_out == {"toronjo-021": "one of 1 of this singer, --min-recordings is 3"}


def test_two_channels_become_their_mean_and_nothing_is_written_into_the_corpus(corpus, data):
    wav_scp = DataDir(data).wav_scp
    whole, rate = soundfile.read(next(corpus.glob("*/001_*.mp3")))
    mono, mono_rate = soundfile.read(wav_scp["camaron_de_la_isla-001"])
    assert rate == mono_rate == 44100
    np.testing.assert_allclose(mono, whole.mean(axis=1), atol=2 / 32768)
    np.testing.assert_allclose(
        soundfile.read(wav_scp["antonio_mairena-017"])[0], soundfile.read(next(corpus.glob("*/017_*")))[0], atol=1 / 32768
    )
    assert len(list(corpus.rglob("*"))) == 2 + len(TRACKS)


def test_missing_and_broken_audio_is_left_out_by_name_and_too_few_singers_end_it(corpus, tmp_path):
    broken = make_cofla(tmp_path)
    next(broken.glob("*/005_*")).unlink()
    next(broken.glob("*/001_*")).write_bytes(b"no audio")
    prepared = prepare(broken, tmp_path / "data")
    assert prepared.returncode == 1
    assert "0 singers have 3 recordings; the most have: antonio_mairena 2, camaron_de_la_isla 2" in prepared.stderr
    prepared = prepare(broken, tmp_path / "data", "--min-recordings", 2)
    assert prepared.returncode == 0, prepared.stderr
    left_out = read_table(tmp_path / "data/left_out")
    assert left_out["antonio_mairena-005"] == "has no audio file" and "cannot be decoded" in left_out["camaron_de_la_isla-001"]


def test_a_style_tells_its_family_where_the_metadata_do_not(tmp_path):
    path = tmp_path / "meta.xml"
    path.write_text(metadata().replace("<style_family>", "<other>").replace("</style_family>", "</other>"), encoding="utf-8")
    families = {track.number: track.family for track in read_tracks(path)}
    assert [families[n] for n in (1, 3, 5, 18, 100)] == ["fandangos", "tonas", "tonas", "tonas", "soleares_de_alcala"]
    assert family_of(plain("Fandango del Gloria")) == "fandangos"


def test_a_style_that_no_track_has_is_named_with_those_there_are(corpus):
    with pytest.raises(CortadoError, match=r"no track is of 'Bulerías'; the families are fandangos, soleares, tonas"):
        choose(read_tracks(find_metadata(corpus)), ["Tonás", "Bulerías"])


def test_metadata_that_are_none_are_refused_with_the_reason(tmp_path):
    with pytest.raises(CortadoError, match="has no XML file; it should hold the metadata"):
        find_metadata(tmp_path)
    path = tmp_path / "meta.xml"
    for text, reason in (
        ("<document>", "cannot be read: no element found"),
        ("<document/>", "has no <track>"),
        ('<document><track id="a"/></document>', '<track id="a"> needs a number'),
        (metadata((*TRACKS, TRACKS[0])), "has track 1 twice"),
    ):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(CortadoError, match=reason):
            read_tracks(path)
    (tmp_path / "other.xml").touch()
    with pytest.raises(CortadoError, match=r"has 2 XML files \(meta.xml, other.xml\)"):
        find_metadata(tmp_path)


def test_a_track_recorded_twice_and_a_corpus_without_audio_are_refused(tmp_path):
    with pytest.raises(CortadoError, match="has no recording: files NNN_"):
        find_audio(tmp_path)
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "007_x.wav").touch()
    with pytest.raises(CortadoError, match=r"b/007_x.wav: is the second recording of track 7, after .*a/007_x.wav"):
        find_audio(tmp_path)
