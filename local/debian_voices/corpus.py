"""Recordings of people in Debian packages as they are unpacked, and whose voice each is: the tables `packages` and `labels`."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

from cortado.datadir.table import read_text
from cortado.errors import CortadoError, DataError

HERE = Path(__file__).parent
SUFFIXES = (".gsm", ".ogg", ".opus", ".wav")


class Package(NamedTuple):
    """A line of `packages`. voices: studio or contributed; use: test (then training for the other tests) or train."""

    name: str
    version: str
    voices: str
    use: str
    licence: str


class Label(NamedTuple):
    """A line of `labels`: whose voice the files of a package are that match `pattern`. The speaker - is nobody's: dropped."""

    package: str
    pattern: str
    speaker: str
    language: str
    reason: str

    @property
    def is_dropped(self) -> bool:
        return self.speaker == "-"


class Recording(NamedTuple):
    path: Path
    label: Label


def read_packages(path: Path = HERE / "packages") -> dict[str, Package]:
    """The lines of `packages` by name. Raises DataError with the line for one of another form or a package given twice."""
    packages: dict[str, Package] = {}
    for number, fields in _fields(path, 5, "<package> <version> studio|contributed test|train <licence>"):
        package = Package(*fields)
        if package.voices not in ("studio", "contributed") or package.use not in ("test", "train") or package.name in packages:
            raise DataError(path, f"'{' '.join(fields)}' is no line of packages, or its package has one already", number)
        packages[package.name] = package
    return packages


def read_labels(path: Path = HERE / "labels") -> list[Label]:
    """The lines of `labels` in their order. Raises DataError with the line for one of another form, or dropped without a reason."""
    labels = []
    for number, fields in _fields(path, 5, "<package> <pattern> <speaker> <language> [<reason>]", optional=1):
        label = Label(*fields, *[""] * (5 - len(fields)))
        if label.is_dropped and not label.reason:
            raise DataError(path, f"{label.package} {label.pattern} is dropped without a reason", number)
        labels.append(label)
    return labels


def unpacked_version(corpus: Path, package: Package) -> str:
    """The version that download_packages.sh wrote down. Raises CortadoError for a package that is not there."""
    try:
        return (corpus / package.name / "version").read_text(encoding="utf-8").strip()
    except OSError:
        raise CortadoError(
            f"--corpus '{corpus}': the package {package.name} is not unpacked there; local/debian_voices/download_packages.sh does it"
        ) from None


def find_recordings(corpus: Path, package: Package, labels: list[Label]) -> list[Recording]:
    """Every recording of an unpacked package with its label, the first that matches, sorted by path.

    Raises DataError for a recording that no label matches.
    """
    folder = (corpus / package.name).absolute()
    own = [label for label in labels if label.package == package.name]
    recordings = []
    for path in sorted(path for path in folder.rglob("*") if path.suffix in SUFFIXES and path.is_file() and not path.is_symlink()):
        name = path.relative_to(folder).as_posix()
        label = next((label for label in own if matches(name, label)), None)
        if label is None:
            raise DataError(path, f"no line of labels for {package.name} matches it; is it another version than {package.version}?")
        recordings.append(Recording(path, label))
    return recordings


def matches(name: str, label: Label) -> bool:
    """Whether `name`, a path below the package's folder, is one of the label's; * takes in folders too."""
    return fnmatchcase(name, label.pattern)


def _fields(path: Path, count: int, form: str, optional: int = 0) -> Iterator[tuple[int, list[str]]]:
    """The number and the fields of each line that is no comment; the last of `count` fields may hold blanks."""
    for number, line in enumerate(read_text(path).splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        fields = line.split(maxsplit=count - 1)
        if len(fields) < count - optional:
            raise DataError(path, f"expected {form}, found '{line}'", number)
        yield number, fields
