"""Every example in the docstrings of cortado.nn runs and gives what it says: shapes in documentation stay true."""

import doctest
import importlib
import pkgutil

import pytest

import cortado.nn

MODULES = [module.name for module in pkgutil.walk_packages(cortado.nn.__path__, "cortado.nn.")]


@pytest.mark.parametrize("name", MODULES)
def test_docstring_examples_hold(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_each_encoder_pooling_and_loss_shows_its_shapes():
    shared = {"cortado.nn.losses.margin"}  # a base class, not a loss
    for name in MODULES:
        module = importlib.import_module(name)
        if name.count(".") == 3 and name not in shared:
            assert doctest.DocTestFinder().find(module), name
            assert any(test.examples for test in doctest.DocTestFinder().find(module)), f"{name} has no example"
