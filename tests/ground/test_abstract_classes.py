"""What losses or features share is none of them: a class path that names it is refused, before anything is trained."""

import pytest

from cortado.config import ClassSpec
from cortado.errors import ConfigError


@pytest.mark.parametrize("path", ["cortado.nn.losses.margin.MarginSoftmax", "cortado.feats.Extractor"])
def test_a_shared_base_named_in_a_config_is_refused(path):
    with pytest.raises(ConfigError, match="only what several classes share"):
        ClassSpec(path).load()
