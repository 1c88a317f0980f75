"""The states of torch's random number generators on one rank: dropout draws from them."""

import hashlib

import torch

from cortado.distributed import rank, world_size


def capture(device: torch.device) -> dict[str, torch.Tensor]:
    """The states of the CPU's generator and, on a GPU, that of `device`."""
    states = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        states["cuda"] = torch.cuda.get_rng_state(device)
    return states


def restore(states: dict[str, torch.Tensor], device: torch.device) -> None:
    """Set what `capture` returned; the state of a GPU is left as it is where it was captured on a CPU."""
    torch.set_rng_state(states["cpu"])
    if device.type == "cuda" and "cuda" in states:
        torch.cuda.set_rng_state(states["cuda"], device)


def seed_rank(identity: str, update: int) -> None:
    """Seed the generators with numbers of this rank's own: a function of the run, the update it stands at, rank and world size."""
    text = f"{identity} {update} {rank()} {world_size()}"
    digest = hashlib.md5(text.encode(), usedforsecurity=False).digest()
    torch.manual_seed(int.from_bytes(digest[:8], "little"))
