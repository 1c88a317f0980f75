"""The kind of features and its options, from a YAML file such as conf/fbank.yaml: a class and what its constructor takes."""

from pathlib import Path

from cortado.config import ClassSpec, convert, read_yaml
from cortado.errors import ConfigError
from cortado.feats.extractor import Extractor


def load_extractor(path: str | Path) -> Extractor:
    """The extractor that the file describes. Raises ConfigError naming file, key and what is allowed there."""
    spec = convert(read_yaml(path), ClassSpec, str(path))
    if not issubclass(spec.load(), Extractor):
        raise ConfigError(f"{path}: class {spec.path} is no kind of features; cortado.feats has Fbank, Mfcc and Spectrogram")
    try:
        return spec.build()
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None
