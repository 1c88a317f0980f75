"""What losses share is no loss: a class path that names it is refused when it is built, not in the first update."""

import pytest

from cortado.nn.losses.margin import MarginSoftmax


def test_the_shared_part_of_margin_losses_cannot_be_built():
    with pytest.raises(TypeError, match="with_margin"):
        MarginSoftmax(8, 5, 30.0, 0.2)
