"""conf/requirements*.txt name every package, with a version that exists for every Python that set-up accepts."""

import re
from importlib.metadata import distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent.parent
BROUGHT_BY_VENV = {"pip", "setuptools"}
FOR_GPUS = re.compile("nvidia-|triton|cuda")  # come with torch's CUDA builds alone
PYTHONS = ("3.10", "3.11", "3.12", "3.13")


def pins() -> dict[str, Requirement]:
    lists = [ROOT / "conf/requirements.txt", ROOT / "conf/requirements-test.txt"]
    lines = [line.partition("#")[0].strip() for path in lists for line in path.read_text().splitlines()]
    return {canonicalize_name(pin.name): pin for pin in map(Requirement, filter(None, lines))}


def installed() -> dict:
    found = {canonicalize_name(package.metadata["Name"]): package for package in distributions(path=[str(site())])}
    return {name: package for name, package in found.items() if not FOR_GPUS.match(name)}


def site() -> Path:
    return next((ROOT / ".venv/lib").glob("python3.*/site-packages"))


def test_every_line_fixes_one_version():
    for pin in pins().values():
        assert [one.operator for one in pin.specifier] == ["=="], str(pin)


def test_what_is_installed_is_what_the_lists_say():
    wanted = {name: pin for name, pin in pins().items() if pin.marker is None or pin.marker.evaluate()}
    assert set(installed()) - BROUGHT_BY_VENV == set(wanted) - BROUGHT_BY_VENV
    for name, pin in wanted.items():
        assert Version(installed()[name].version).public in pin.specifier, name


@pytest.mark.parametrize("python", PYTHONS)
def test_every_package_and_all_it_needs_is_listed_for(python):
    listed = pins()
    environment = {"python_version": python, "python_full_version": f"{python}.0", "extra": ""}
    for name, package in installed().items():
        marker = listed[name].marker if name in listed else None
        if marker is not None and not marker.evaluate(environment):
            continue
        assert f"{python}.9" in SpecifierSet(package.metadata["Requires-Python"] or ""), (
            f"{name} {package.version} is not made for Python {python}"
        )
        for need in map(Requirement, package.requires or ()):
            if (need.marker is None or need.marker.evaluate(environment)) and not FOR_GPUS.match(need.name):
                pin = listed.get(canonicalize_name(need.name))
                assert pin is not None, f"{name} needs {need.name}, which no list names"
                assert pin.marker is None or pin.marker.evaluate(environment), f"{name} needs {need.name} on Python {python}"
