"""A config that could not mean anything stops at once, and says which key and what is allowed."""

from dataclasses import dataclass, field
from typing import Literal

import pytest

from cortado.config import ClassSpec, convert, dump_yaml, load_config
from cortado.errors import ConfigError


@dataclass(frozen=True)
class Inner:
    lr: float = 0.1
    name: Literal["a", "b"] = "a"

    def __post_init__(self):
        if self.lr <= 0:
            raise ValueError(f"lr must be above 0, not {self.lr}")


@dataclass(frozen=True)
class Outer:
    epochs: int
    layer: ClassSpec
    inner: Inner = field(default_factory=Inner)
    span: tuple[int, int] = (1, 2)
    clip: float | None = None
    flag: bool = False


BASE = "epochs: 3\nlayer: {class: cortado.train.sampler.ShuffledOrder, seed: 2}\n"


@pytest.fixture
def load(tmp_path):
    def load(text, *overrides):
        path = tmp_path / "c.yaml"
        path.write_text(text)
        return load_config(Outer, path, overrides)

    return load


def test_defaults_are_filled_and_the_command_line_wins(load):
    config = load(BASE + "inner: {lr: 1e-3}\nclip: 5\n", "inner.lr=0.5", "span=[4, 9]")
    assert config.inner == Inner(lr=0.5) and config.span == (4, 9) and config.clip == 5.0 and config.flag is False


def test_numbers_written_like_1e_minus_3_are_numbers(load):
    assert load(BASE + "inner: {lr: 1e-3}").inner.lr == 0.001


def test_the_resolved_config_reads_back_equal(load):
    config = load(BASE + "clip: 2.5")
    assert load(dump_yaml(config)) == config


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("epoch: 3\n", "unknown key 'epoch'; allowed: epochs, layer"),
        ("inner: {learning_rate: 1}\n", "inner: unknown key 'learning_rate'; allowed: lr, name"),
        ("inner: {name: c}\n", "inner: name: 'c' is not one of a, b"),
        ("inner: {lr: -1}\n", "inner: lr must be above 0"),
        ("inner: 3\n", "inner: expected keys of its own, found 3"),
        ("flag: 1\n", "flag: expected bool, found 1"),
        ("flag: yes please\n", "flag: expected bool, found 'yes please'"),
        ("span: [1, 2, 3]\n", "span: expected 2 values, found 3"),
        ("span: [1, x]\n", r"span\[1\]: expected int, found 'x'"),
        ("clip: fast\n", "clip: expected float, found 'fast'"),
        ("clip: true\n", "clip: expected float, found True"),
        ("epochs: 3\n", "key 'epochs' is given twice"),
        ("span: [1, 2\n", "not valid YAML"),
    ],
)
def test_a_wrong_line_names_its_key(load, text, message):
    with pytest.raises(ConfigError, match=message):
        load(BASE + text)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("layer.class=no.such.Thing", r"c\.yaml: layer: class no\.such\.Thing: No module named 'no'"),
        ("layer.class=cortado.config.convert", r"c\.yaml: layer: cortado\.config\.convert is no class"),
        ("layer.sead=3", "unknown key 'sead'; allowed: num_items, seed"),
        ("layer.seed=many", "seed: expected int, found 'many'"),
        ("layer=3", "expected 'class: package.module.Class'"),
        ("epochs", "expected key=value"),
        ("span=[4", r"'span=\[4': not valid YAML"),
        ("epochs.x=3", "epochs has no keys of its own"),
    ],
)
def test_a_wrong_override_names_its_key(load, override, message):
    with pytest.raises(ConfigError, match=message):
        load(BASE, override)


def test_a_missing_key_and_a_missing_file_are_named(load, tmp_path):
    with pytest.raises(ConfigError, match="missing layer"):
        load("epochs: 3")
    with pytest.raises(ConfigError, match=r"nowhere\.yaml"):
        load_config(Outer, tmp_path / "nowhere.yaml")


def test_a_class_is_built_with_its_arguments_and_what_the_program_knows(load):
    order = load(BASE, "layer.seed=6").layer.build(num_items=7)
    assert (order.num_items, order.seed) == (7, 6)
    with pytest.raises(ConfigError, match="num_items follow from the data"):
        load(BASE, "layer.num_items=3").layer.build(num_items=7)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_items": 0}, r"cortado\.train\.sampler\.ShuffledOrder: nothing to shuffle"),
        ({}, r"cortado\.train\.sampler\.ShuffledOrder: missing a required argument: 'num_items'"),
    ],
)
def test_what_a_constructor_refuses_is_told_with_its_class(arguments, message):
    with pytest.raises(ConfigError, match=message):
        ClassSpec("cortado.train.sampler.ShuffledOrder", {"seed": 1}).build(**arguments)


def test_booleans_are_not_numbers():
    with pytest.raises(ConfigError):
        convert(True, int, "x")
