"""Strict configs: YAML into typed dataclasses. A key nobody reads, a wrong type or an impossible value stops at once.

A field may be a number, string, boolean, tuple, another dataclass, or a `ClassSpec`: the import path of a class with the
arguments of its constructor, checked against the constructor's own signature. So a new pooling or loss needs no
registry: its class path in the YAML is enough.

    encoder:
      class: cortado.nn.encoders.resnet.ResNet
      channels: [16, 32, 64, 64]
"""

import dataclasses
import importlib
import inspect
import types
import typing
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from cortado.errors import ConfigError


@dataclass(frozen=True)
class ClassSpec:
    """A class named by its import path, and the keyword arguments it is to be built with."""

    path: str
    arguments: dict = field(default_factory=dict)

    def load(self) -> type:
        """The class itself. Raises ConfigError when the module or the class does not exist, or it is only a base of others."""
        module, _, name = self.path.rpartition(".")
        try:
            found = getattr(importlib.import_module(module), name)
        except (ImportError, AttributeError, ValueError) as error:
            raise ConfigError(f"class {self.path}: {error}") from None
        if not isinstance(found, type):
            raise ConfigError(f"{self.path} is no class")
        if inspect.isabstract(found):
            raise ConfigError(f"{self.path} is only what several classes share; name one of them")
        return found

    def build(self, **given):
        """An instance; `given` are the arguments that the program, not the config, knows (an input size, say).

        Raises ConfigError naming the class for an argument that is missing, that both have, or that the constructor refuses.
        """
        overlap = sorted(set(given) & set(self.arguments))
        if overlap:
            raise ConfigError(f"{self.path}: {', '.join(overlap)} follow from the data and cannot be set")
        constructor, arguments = self.load(), {**given, **self.arguments}
        try:
            inspect.signature(constructor).bind(**arguments)
        except TypeError as error:
            raise ConfigError(f"{self.path}: {error}") from None
        try:
            return constructor(**arguments)
        except (ConfigError, ValueError) as error:
            raise ConfigError(f"{self.path}: {error}") from error


def read_yaml(path: str | Path) -> dict:
    """The mapping in the YAML file `path`. Raises ConfigError naming the file for duplicate keys and anything but a mapping."""
    try:
        value = _parse_yaml(Path(path).read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise ConfigError(f"cannot read config {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"cannot read config {path}: it is not UTF-8") from None
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ConfigError(f"{path}: expected 'key: value' lines, found {type(value).__name__}")
    return value


def load_config(cls: type, path: str | Path, overrides: typing.Sequence[str] = ()):
    """Read the YAML file `path` into an instance of the dataclass `cls`; `overrides` like "optimiser.lr=0.1" win over it.

    Raises ConfigError naming the file, the key and what is allowed there.
    """
    values = read_yaml(path)
    for override in overrides:
        key, equals, value = override.partition("=")
        if not equals:
            raise ConfigError(f"'{override}': expected key=value")
        _set(values, key.split("."), _parse_yaml(value, f"'{override}'"), override)
    return from_dict(cls, values, str(path))


def from_dict(cls: type, values: dict, where: str):
    """An instance of the dataclass `cls` from plain values, every key and type checked."""
    hints = typing.get_type_hints(cls)
    fields = {f.name: f for f in dataclasses.fields(cls)}
    _refuse_unknown(values, fields, where)
    missing = [n for n, f in fields.items() if f.default is f.default_factory is dataclasses.MISSING and n not in values]
    if missing:
        raise ConfigError(f"{where}: missing {', '.join(missing)}")
    converted = {name: convert(value, hints[name], f"{where}: {name}") for name, value in values.items()}
    try:
        return cls(**converted)
    except ValueError as error:  # __post_init__ says which value is impossible
        raise ConfigError(f"{where}: {error}") from None


def to_dict(config) -> dict:
    """The plain values of a config, all defaults resolved: what is stored beside a result, and reads back equal."""
    if isinstance(config, ClassSpec):
        return {"class": config.path, **to_dict(config.arguments)}
    if dataclasses.is_dataclass(config):
        return {f.name: to_dict(getattr(config, f.name)) for f in dataclasses.fields(config)}
    if isinstance(config, dict):
        return {key: to_dict(value) for key, value in config.items()}
    return [to_dict(v) for v in config] if isinstance(config, tuple | list) else config


def dump_yaml(config) -> str:
    """The resolved config as YAML text in the order of its fields."""
    return yaml.safe_dump(to_dict(config), sort_keys=False, default_flow_style=None)


def convert(value, hint, where: str):
    """`value` as the type `hint`, or ConfigError. An int is taken where a float is wanted; nothing else is converted."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint is typing.Any or hint is inspect.Parameter.empty:
        return value
    if origin in (typing.Union, types.UnionType):
        return _convert_to_any(value, arguments, where)
    if origin is typing.Literal:
        if value not in arguments:
            raise ConfigError(f"{where}: {value!r} is not one of {', '.join(map(str, arguments))}")
        return value
    if hint is ClassSpec:
        return _class_spec(value, where)
    if dataclasses.is_dataclass(hint):
        if not isinstance(value, dict):
            raise ConfigError(f"{where}: expected keys of its own, found {value!r}")
        return from_dict(hint, value, where)
    if origin in (tuple, list):
        return _convert_sequence(value, origin, arguments, where)
    if hint is float and isinstance(value, int | str) and not isinstance(value, bool):
        try:
            return float(value)  # YAML reads 1e-3 as text
        except ValueError:
            pass
    if not isinstance(value, hint) or (isinstance(value, bool) and hint is not bool):
        raise ConfigError(f"{where}: expected {hint.__name__}, found {value!r}")
    return value


def _convert_to_any(value, hints, where):
    if value is None and type(None) in hints:
        return None
    failures = []
    for hint in hints:
        if hint is type(None):
            continue
        try:
            return convert(value, hint, where)
        except ConfigError as error:
            failures.append(str(error))
    raise ConfigError(" or ".join(failures))


def _convert_sequence(value, origin, arguments, where):
    if not isinstance(value, list | tuple):
        raise ConfigError(f"{where}: expected a list, found {value!r}")
    if origin is tuple and arguments and arguments[-1] is not Ellipsis:
        if len(value) != len(arguments):
            raise ConfigError(f"{where}: expected {len(arguments)} values, found {len(value)}")
        hints = arguments
    else:
        hints = [arguments[0] if arguments else typing.Any] * len(value)
    return origin(convert(item, hint, f"{where}[{i}]") for i, (item, hint) in enumerate(zip(value, hints, strict=True)))


def _class_spec(value, where) -> ClassSpec:
    if not isinstance(value, dict) or not isinstance(value.get("class"), str):
        raise ConfigError(f"{where}: expected 'class: package.module.Class' and its arguments, found {value!r}")
    arguments = {key: item for key, item in value.items() if key != "class"}
    spec = ClassSpec(value["class"])
    try:
        constructor = spec.load()
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from None
    parameters = inspect.signature(constructor).parameters
    _refuse_unknown(arguments, parameters, f"{where} ({spec.path})")
    hints = typing.get_type_hints(constructor.__init__)
    return ClassSpec(spec.path, {k: convert(v, hints.get(k, typing.Any), f"{where}.{k}") for k, v in arguments.items()})


def _parse_yaml(text: str, where: str):
    try:
        return yaml.load(text, Loader=_UniqueKeyLoader)
    except yaml.YAMLError as error:
        raise ConfigError(f"{where}: not valid YAML: {error}") from None


def _refuse_unknown(values, allowed, where):
    for key in values:
        if key not in allowed:
            raise ConfigError(f"{where}: unknown key {key!r}; allowed: {', '.join(allowed)}")


def _set(values: dict, path: list[str], value, override: str) -> None:
    for key in path[:-1]:
        values = values.setdefault(key, {})
        if not isinstance(values, dict):
            raise ConfigError(f"'{override}': {key} has no keys of its own")
    values[path[-1]] = value


class _UniqueKeyLoader(yaml.SafeLoader):
    """YAML's own loader keeps the last of two equal keys without a word; this one stops."""

    def construct_mapping(self, node, deep=False):
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=deep)
            if key in seen:
                raise yaml.YAMLError(f"line {key_node.start_mark.line + 1}: key {key!r} is given twice")
            seen.add(key)
        return super().construct_mapping(node, deep)
