"""Every system of a recipe's conf/systems: its size at full size; at a small one, as egs/mini/sv has them all, it trains and extracts."""

import importlib.util
import inspect
import json
import pkgutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import torch

import cortado.nn.encoders
import cortado.nn.heads
import cortado.nn.losses
import cortado.nn.pooling
from cortado import ark
from cortado.config import ClassSpec, convert, load_config, read_yaml
from cortado.datadir import DataDir
from cortado.nn.cost import num_parameters
from cortado.train.model_file import load_network
from cortado.train.speaker import SpeakerConfig, build_model

ROOT = Path(__file__).resolve().parents[2]
FULL_SIZE = {name: ROOT / "egs" / name / "sv" for name in ("voxceleb", "vctk")}
MINI = ROOT / "egs/mini/sv"
UTTERANCES = [f"s{speaker}-{number}" for speaker in range(6) for number in range(4)]

# What makes each config of full size small enough for a test; the system's own settings come before.
SMALL = {
    "xvector": "encoder.channels=[8,8,8,8,12] embedding_dim=8",
    "serialized": "encoder.channels=[8,8,8] encoder.projection_dim=8 embedding_dim=8",
    "resnet34": "encoder.channels=[4,4,8,60] encoder.blocks=[1,1,1,1] embedding_dim=8",
    "resnet34_large_margin": "encoder.channels=[4,4,8,60] encoder.blocks=[1,1,1,1] embedding_dim=8",
    "se_resnet34": "encoder.channels=[8,8,8,8] encoder.blocks=[1,1,1,1] embedding_dim=8",
    "se_resnet34_episodes": "encoder.channels=[8,8,8,8] encoder.blocks=[1,1,1,1] embedding_dim=8",
    "vgg_m": "embedding_dim=8",
    "vgg_attention": "encoder.channels=[4,8,32] embedding_dim=8",
    "lde": "encoder.channels=[4,4,4,4] encoder.blocks=[1,1,1,1] embedding_dim=8 pooling.num_components=3",
    "ge2e": "encoder.hidden_dim=8 embedding_dim=8 loss.utterances_per_speaker=3",
    "sasn": "encoder.channels=[8,8,8,8,12] embedding_dim=8 loss.utterances_per_speaker=3",
}
SHORT = "training.epochs=1 training.batch_size=6 training.average=1 crops.frames=[66,70]"


class System(NamedTuple):
    name: str
    config: Path
    features: str
    settings: list[str]


def read_systems(recipe: Path) -> list[System]:
    lines = [line.split(None, 4) for line in (recipe / "conf/systems").read_text().splitlines() if line and not line.startswith("#")]
    return [System(name, recipe / f"conf/{config}.yaml", feats, "".join(settings).split()) for name, config, feats, _, *settings in lines]


SYSTEMS = {system.name: system for recipe in FULL_SIZE.values() for system in read_systems(recipe)}
IN_SMALL = read_systems(MINI)
WITHOUT_EMBEDDINGS = {"cross_attentive", "ivector"}  # which test_mini_families.py runs
TRAINED = {
    **SYSTEMS,
    **{f"{system.name} in small": system for system in IN_SMALL if system.name not in WITHOUT_EMBEDDINGS},
}


def feat_dim(features: str) -> int:
    return convert(read_yaml(ROOT / f"conf/{features}.yaml"), ClassSpec, features).build().dim


def run_command(name: str, *arguments, monkeypatch) -> None:
    """A command of pyscripts/bin in this process: 60 processes would spend minutes on importing torch."""
    spec = importlib.util.spec_from_file_location(name, ROOT / f"pyscripts/bin/{name}.py")
    command = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(command)
    monkeypatch.setattr(sys, "argv", [name, *map(str, arguments)])
    assert command.main() is None


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A folder of data directories of random features, made when asked for: data(features)."""
    folder = tmp_path_factory.mktemp("data")

    def make(features: str) -> Path:
        data_dir = folder / features
        if data_dir.exists():
            return data_dir
        rng, dim = np.random.default_rng(0), feat_dim(features)
        data_dir.mkdir()
        lengths = {utt: int(rng.integers(66, 90)) for utt in UTTERANCES}
        with ark.ArkWriter(data_dir / "feats.ark", data_dir / "feats.scp") as out:
            for utt, length in lengths.items():
                out.write(utt, rng.standard_normal((length, dim), dtype=np.float32))
        (data_dir / "utt2num_frames").write_text("".join(f"{utt} {length}\n" for utt, length in lengths.items()))
        (data_dir / "utt2spk").write_text("".join(f"{utt} {utt.partition('-')[0]}\n" for utt in UTTERANCES))
        return data_dir

    return make


def train(system: System, data_dir: Path, exp: Path, *options, monkeypatch) -> dict:
    small = "" if system in IN_SMALL else SMALL[system.config.stem]
    settings = [*system.settings, *small.split(), *SHORT.split()]
    overrides = [word for setting in settings for word in ("--set", setting) if applies(setting, system)]
    run_command("train_embedding", "--config", system.config, *overrides, *options, data_dir, exp, monkeypatch=monkeypatch)
    return json.loads((exp / "train.jsonl").read_text().splitlines()[-1])


def applies(setting: str, system: System) -> bool:
    """The number of components is that of one of the poolings of lde.yaml."""
    return not setting.startswith("pooling.num_components") or not any(s.startswith("pooling.class") for s in system.settings)


@pytest.mark.parametrize("name", TRAINED)
def test_a_few_updates_and_the_embeddings_of_whole_utterances(name, data, tmp_path, monkeypatch):
    system = TRAINED[name]
    data_dir = data(system.features)
    figures = train(system, data_dir, tmp_path, monkeypatch=monkeypatch)
    assert np.isfinite(figures["train_loss"]) and figures["update"] >= 2
    run_command("extract_embeddings", tmp_path / "final.pt", data_dir, tmp_path / "embeddings", monkeypatch=monkeypatch)
    embeddings = dict(ark.open_table(f"scp:{tmp_path}/embeddings.scp"))
    assert sorted(embeddings) == UTTERANCES
    matrix = np.stack(list(embeddings.values()))
    network, _ = load_network(tmp_path / "final.pt")
    assert matrix.shape == (24, network.embedding_dim) and np.isfinite(matrix).all() and len(np.unique(matrix, axis=0)) == 24
    for utt, rxfile in list(DataDir(data_dir).feats_scp.items())[:3]:
        with torch.inference_mode():
            alone = network.embed(torch.from_numpy(ark.read(rxfile))[None])[0].numpy()
        if network.windows:  # all utterances here are shorter than one
            alone /= np.linalg.norm(alone)
        np.testing.assert_allclose(embeddings[utt], alone, rtol=1e-3, atol=1e-4 * np.abs(alone).max())


def test_large_margin_fine_tuning_starts_from_a_trained_network_and_its_classifier(data, tmp_path, monkeypatch, capsys):
    system, data_dir = SYSTEMS["resnet34_asp"], data("fbank40")
    train(system, data_dir, tmp_path / "asp", monkeypatch=monkeypatch)
    tuned = system._replace(config=FULL_SIZE["voxceleb"] / "conf/resnet34_large_margin.yaml")
    train(tuned, data_dir, tmp_path / "tuned", "--init", tmp_path / "asp/final.pt", monkeypatch=monkeypatch)
    assert "starting from the network and the loss of" in capsys.readouterr().out
    assert torch.load(tmp_path / "tuned/final.pt")["config"]["loss"]["margin"] == 0.35


# Trained values: of the papers' tables, or counted from their descriptions. (feature dimension, training speakers or None without the loss)
SIZES = {
    "xvector": (26, None, 4_472_284),
    "serialized": (26, 5994, 8_333_162),
    "resnet34_asp": (40, 1211, 25_306_817),
    "resnet34_mha4": (40, 1211, 24_848_068),
    "resnet34_mha4_linear": (40, 1211, 24_782_016),
    **{f"resnet34_{kind}{k}": (40, 1211, size) for kind in ("global", "mrmha") for k, size in ((4, 26_620_612), (5, 27_145_925), (6, 27_671_238))},
    "fast_tap_np": (64, None, 1_354_390 + 66_048),
    "thin_sap_softmax": (64, 5994, 1_354_390 + 82_688 + 3_068_928),
    "vgg4l_attention": (80, None, 18_731_904 + 5_120 + 2_370_000),
    "vgg4l_mha32": (80, None, 18_731_904 + 5_120 + 2_370_000),
    **{f"vgg4l_dmha{k}": (80, 5994, 18_731_904 + pooling + head + 2_397_600) for k, pooling, head in ((8, 5760, 578_000), (16, 5440, 450_000), (32, 5280, 386_000))},
    **{f"vgg3l_dmha{k}": (80, None, 286_432 + pooling + head) for k, pooling, head in ((8, 1440, 386_000), (16, 1360, 354_000), (32, 1320, 338_000))},
    "ge2e": (40, None, 12_134_656),
    "sasn": (40, None, 3_843_712),
    "sasn_deviation": (40, None, 4_227_712),
    "sasn_5heads": (40, None, 5_381_712),
}  # fmt: skip


def full_size(system: System, dim: int, num_speakers: int) -> torch.nn.ModuleDict:
    with torch.device("meta"):
        return build_model(load_config(SpeakerConfig, system.config, system.settings), dim, num_speakers)


@pytest.mark.parametrize("name", SIZES)
def test_at_full_size_it_has_the_published_number_of_parameters(name):
    dim, num_speakers, expected = SIZES[name]
    model = full_size(SYSTEMS[name], dim, num_speakers or 2)
    assert num_parameters(model if num_speakers else model["network"]) == expected


def test_every_system_is_built_at_full_size_for_the_features_that_its_line_names():
    for system in SYSTEMS.values():
        full_size(system, feat_dim(system.features), 1211)


@pytest.mark.parametrize("recipe", [*FULL_SIZE.values(), MINI], ids=[*FULL_SIZE, "mini"])
def test_every_config_has_a_line_that_uses_it_and_names_are_given_once(recipe):
    """But for what starts from another system, and what has no embeddings to extract."""
    systems = read_systems(recipe)
    configs = {path.stem for path in recipe.glob("conf/*.yaml") if "encoder" in read_yaml(path)}
    used = {system.config.stem for system in systems}
    assert configs - {"resnet34_large_margin", "cross_attentive"} == used - WITHOUT_EMBEDDINGS
    assert len({system.name for system in systems}) == len(systems)


def classes_of(room, *arguments: str) -> set[str]:
    """Paths of the classes in a module, or in the modules of a package, that a config may name: they are made with `arguments`."""
    modules = [importlib.import_module(f"{room.__name__}.{module.name}") for module in pkgutil.iter_modules(getattr(room, "__path__", []))]
    found = [item for module in modules or [room] for _, item in inspect.getmembers(module, inspect.isclass) if is_public(item, module)]
    names = {f"{item.__module__}.{item.__name__}": list(inspect.signature(item).parameters) for item in found}
    return {name for name, parameters in names.items() if parameters[: len(arguments)] == list(arguments)}


def is_public(item: type, module) -> bool:
    return item.__module__ == module.__name__ and not item.__name__.startswith("_") and not inspect.isabstract(item)


def test_the_mini_recipes_have_every_encoder_pooling_head_and_loss_in_small():
    systems = [system for system in IN_SMALL if system.name != "ivector"] + read_systems(ROOT / "egs/mini/sid")
    configs = [load_config(SpeakerConfig, system.config, system.settings) for system in systems]
    used = {spec.path for config in configs for spec in (config.encoder, config.pooling, config.head, config.loss)}
    nn = cortado.nn
    heads = classes_of(nn.heads, "dim", "embedding_dim") | classes_of(nn.pooling, "dim", "embedding_dim")
    poolings = classes_of(nn.pooling, "dim") - heads
    losses = classes_of(nn.losses, "embedding_dim", "num_classes")
    assert len(poolings) > 10 and len(losses) > 10, "so that a changed signature does not empty the test"
    assert used == classes_of(nn.encoders, "feat_dim") | poolings | heads | losses


def find_system(name: str, recipe: Path = FULL_SIZE["vctk"]) -> subprocess.CompletedProcess:
    script = f'. "{ROOT}/path.sh"; . "{ROOT}/utils/systems.sh"; find_system {name}; printf "%s\\n" "$config" "$features" "$settings"'
    return subprocess.run(["bash", "-euc", script, "run.sh"], cwd=recipe, capture_output=True, text=True, check=False)


def test_the_shell_finds_what_a_line_says_and_names_what_there_is():
    fbank = f"{ROOT}/conf/fbank40.yaml"
    assert find_system("sasn_5heads").stdout.splitlines() == ["conf/sasn.yaml", fbank, "pooling.num_heads=5"]
    assert find_system("sasn").stdout.splitlines() == ["conf/sasn.yaml", fbank, ""]
    unknown = find_system("sas")
    assert unknown.returncode == 1 and "no system 'sas' in conf/systems; there are: ge2e ge2e_contrast sasn " in unknown.stderr


def test_a_last_line_without_its_end_is_found_and_a_missing_list_is_named(tmp_path):
    missing = find_system("mine", tmp_path)
    assert (missing.returncode, missing.stderr) == (1, "run.sh: cannot read conf/systems, which says what the system 'mine' is\n")
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf/systems").write_text("mine net fbank - embedding_dim=8")
    assert find_system("mine", tmp_path).stdout.splitlines() == ["conf/net.yaml", f"{ROOT}/conf/fbank.yaml", "embedding_dim=8"]
