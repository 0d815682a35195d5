"""The optimizer of the matrices inside the layers; needs the `train` extra."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="training needs the `train` extra: forge setup train --install")

from reflection_model.tuning.muon import Muon, orthogonalized  # noqa: E402


@pytest.mark.parametrize("shape", [(64, 64), (96, 32), (32, 96)])
def test_a_direction_keeps_its_singular_vectors_and_loses_their_scale(shape: tuple[int, int]) -> None:
    torch.manual_seed(1)
    matrix = torch.randn(shape) * 7
    result = orthogonalized(matrix)
    assert result.shape == matrix.shape
    values = torch.linalg.svdvals(result)
    assert values.min() > 0.3 and values.max() < 1.3
    left, _, right = torch.linalg.svd(matrix, full_matrices=False)
    assert torch.nn.functional.cosine_similarity(result.flatten(), (left @ right).flatten(), 0) > 0.95


def test_it_finds_a_matrix_from_products_with_it() -> None:
    torch.manual_seed(2)
    wanted, found = torch.randn(16, 24), torch.nn.Parameter(torch.zeros(16, 24))
    optimizer = Muon([found], weight_decay=0.0)
    inputs = torch.randn(256, 24)

    def loss() -> torch.Tensor:
        return ((inputs @ (found - wanted).T) ** 2).mean()

    before = float(loss().detach())
    for step in range(300):
        optimizer.param_groups[0]["lr"] = 0.1 * (1 - step / 300)
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()
    assert float(loss().detach()) < 1e-3 * before


def test_decay_shrinks_what_has_no_gradient() -> None:
    weights = torch.nn.Parameter(torch.ones(8, 8))
    optimizer = Muon([weights], weight_decay=0.5)
    optimizer.param_groups[0]["lr"] = 0.1
    weights.grad = torch.zeros_like(weights)
    optimizer.step()
    assert torch.allclose(weights, torch.full((8, 8), 0.95))


def test_shares_of_the_work_add_up_to_the_whole() -> None:
    torch.manual_seed(3)
    gradients = [torch.randn(8, 12), torch.randn(12, 8), torch.randn(6, 6)]
    moved = []
    for rank, processes in ((0, 1), (0, 2), (1, 2)):
        parameters = [torch.nn.Parameter(torch.zeros_like(gradient)) for gradient in gradients]
        optimizer = Muon(parameters, 0.0, rank, processes)
        moved.append(optimizer.directions(gradients_of(parameters, gradients)))
    whole, first, second = moved
    for together, one, other in zip(whole, first, second, strict=True):
        assert torch.allclose(together, one + other)


def gradients_of(parameters: list, gradients: list) -> list:
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = gradient.clone()
    return parameters
