"""The Residual-BLSTM: what is recurrent is time, in both directions, each row to its own end."""

import torch

from cortado.nn.encoders.residual_blstm import ResidualBLSTM


@torch.no_grad()
def test_gives_the_last_states_of_an_lstm_on_the_frames_and_of_one_on_the_frames_reversed():
    net, lengths = ResidualBLSTM(10, channels=4, num_blocks=1, hidden_dim=6).eval(), torch.tensor([21, 8, 2])
    x = torch.randn(3, 21, 10)
    found, _ = net(x, lengths)
    directions = []
    for suffix in ("", "_reverse"):
        lstm = torch.nn.LSTM(net.trunk.out_dim, 6, batch_first=True)
        lstm.load_state_dict(
            {f"{name}_l0": getattr(net.blstm, f"{name}_l0{suffix}") for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")}
        )
        directions.append(lstm)
    for row, length in enumerate(lengths):
        frames, _ = net.trunk(x[row : row + 1, :length])
        assert frames.shape == (1, (length + 1) // 2, 4 * 5)
        last = [lstm(part)[0][0, -1] for lstm, part in zip(directions, (frames, frames.flip(1)), strict=True)]
        torch.testing.assert_close(found[row, 0], torch.cat(last))


@torch.no_grad()
def test_a_change_of_any_frame_changes_the_result():
    """An LSTM over channels, or one that stops in the padding, would be blind to some of it, or see beyond."""
    net, x = ResidualBLSTM(10, channels=4, num_blocks=1, hidden_dim=6, min_bins=16).eval(), torch.randn(1, 12, 10)
    lengths = torch.tensor([9])
    before, _ = net(x, lengths)
    for frame in range(12):
        changed = x.clone()
        changed[0, frame] += 1.0
        assert torch.equal(net(changed, lengths)[0], before) == (frame >= 9)
