"""Muon: momentum whose step is made orthogonal, for the matrices inside the layers.

Written here rather than taken from torch.optim because the processes of a run share the orthogonalization: each does
its part and the parts are summed, which on two cores halves what the optimizer costs.
"""

from __future__ import annotations

import torch
import torch.distributed as distributed
from torch import Tensor

from .precision import product_type

# Newton-Schulz coefficients of the published method: five rounds bring every singular value into about 0.7 .. 1.2.
COEFFICIENTS = (3.4445, -4.7750, 2.0315)
ROUNDS = 5


def orthogonalized(matrix: Tensor) -> Tensor:
    """The nearest orthogonal matrix, about: the same singular vectors, values near 1. float32 [M, N] in and out."""
    tall = matrix.shape[0] > matrix.shape[1]
    x = (matrix.T if tall else matrix).to(product_type(matrix.device.type))
    x = x / (x.norm() + 1e-7)
    a, b, c = COEFFICIENTS
    for _ in range(ROUNDS):
        gram = x @ x.T
        x = a * x + (b * gram + c * (gram @ gram)) @ x
    return (x.T if tall else x).float()


class Muon(torch.optim.Optimizer):
    """Nesterov momentum, orthogonalized, scaled to the root mean square that AdamW's steps have (0.2), decoupled decay.

    Args:
        parameters: matrices [M, N].
        weight_decay: times the rate, each step.
        rank, processes: which share of the matrices this process orthogonalizes.
    """

    def __init__(
        self, parameters: list[Tensor], weight_decay: float, rank: int = 0, processes: int = 1, momentum: float = 0.95
    ) -> None:
        super().__init__(parameters, {"lr": 0.0, "weight_decay": weight_decay, "momentum": momentum})
        self.rank, self.processes = rank, processes

    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override]
        """One step from the gradients, which must be the same in every process."""
        for group in self.param_groups:
            parameters = group["params"]
            directions = self.directions(parameters, group["momentum"])
            if self.processes > 1:
                flat = torch.cat([direction.reshape(-1) for direction in directions])
                distributed.all_reduce(flat)
                parts = flat.split([direction.numel() for direction in directions])
                directions = [part.view_as(parameter) for part, parameter in zip(parts, parameters, strict=True)]
            for parameter, direction in zip(parameters, directions, strict=True):
                parameter.mul_(1 - group["lr"] * group["weight_decay"])
                parameter.add_(direction, alpha=-0.2 * group["lr"] * max(parameter.shape) ** 0.5)

    @torch.no_grad()
    def directions(self, parameters: list[Tensor], momentum: float = 0.95) -> list[Tensor]:
        """Moves the momenta; this process's share of the orthogonalized directions, zeros for the others'."""
        directions = []
        for number, parameter in enumerate(parameters):
            state = self.state[parameter]
            if "momentum" not in state:
                state["momentum"] = torch.zeros_like(parameter)
            state["momentum"].lerp_(parameter.grad, 1 - momentum)
            if number % self.processes == self.rank:
                directions.append(orthogonalized(parameter.grad.lerp(state["momentum"], momentum)))
            else:
                directions.append(torch.zeros_like(parameter))
        return directions
