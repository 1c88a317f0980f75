"""The LSTM of GE2E: its size, and its equations in a plain loop over frames."""

import torch

from cortado.nn.cost import num_parameters
from cortado.nn.encoders.lstm import LSTM


def test_has_the_size_of_the_paper():
    """12,134,656 with the projection from 768 to 256, 40 mels."""
    with torch.device("meta"):
        assert num_parameters(LSTM(40)) == 12_134_656 - (768 + 1) * 256


@torch.no_grad()
def test_gives_the_last_state_of_the_equations_written_out():
    net = LSTM(5, hidden_dim=4, num_layers=2).double()
    x = torch.randn(9, 5, dtype=torch.float64)
    parameters, inputs = dict(net.layers.named_parameters()), list(x)
    for layer in range(2):
        w_x, w_h, b_x, b_h = (parameters[f"{name}_l{layer}"] for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))
        h = c = torch.zeros(4, dtype=torch.float64)
        outputs = []
        for frame in inputs:
            i, f, g, o = (w_x @ frame + b_x + w_h @ h + b_h).chunk(4)
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            h = o.sigmoid() * c.tanh()
            outputs.append(h)
        inputs = outputs
    torch.testing.assert_close(net(x[None])[0], inputs[-1][None, None])
