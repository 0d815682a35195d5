"""The statistical test that judges samplers: right ones pass, wrong ones do not."""

from __future__ import annotations

import numpy as np
import pytest

from reflection_model.verification.browser_checks import SIGNIFICANCE
from reflection_model.verification.statistics import chi_square_tail, fits_distribution


@pytest.mark.parametrize(
    ("statistic", "freedom", "chance"),
    # The critical values that every table of the distribution gives.
    [(3.841, 1, 0.05), (6.635, 1, 0.01), (18.307, 10, 0.05), (29.588, 10, 0.001), (67.505, 50, 0.05), (0.0, 4, 1.0)],
)
def test_tail_of_the_chi_square_distribution(statistic: float, freedom: int, chance: float) -> None:
    assert chi_square_tail(statistic, freedom) == pytest.approx(chance, rel=2e-3)


def _probabilities() -> np.ndarray:
    weights = np.array([40, 25, 15, 10, 5, 3, 1, 1, 0, 0], float)
    return weights / weights.sum()


def test_draws_of_the_distribution_are_accepted() -> None:
    random = np.random.default_rng(3)
    for _ in range(50):
        chance, _ = fits_distribution(random.choice(10, 300, p=_probabilities()), _probabilities())
        assert chance >= SIGNIFICANCE


def test_draws_at_another_temperature_are_rejected() -> None:
    random = np.random.default_rng(4)
    warmer = _probabilities() ** 0.6
    chance, _ = fits_distribution(random.choice(10, 600, p=warmer / warmer.sum()), _probabilities())
    assert chance < SIGNIFICANCE


def test_a_sampler_that_always_takes_the_best_is_rejected() -> None:
    chance, _ = fits_distribution([0] * 300, _probabilities())
    assert chance < SIGNIFICANCE


def test_one_draw_outside_the_nucleus_is_enough() -> None:
    drawn = np.random.default_rng(5).choice(10, 300, p=_probabilities()).tolist()
    chance, detail = fits_distribution([*drawn, 9], _probabilities())
    assert chance == 0.0
    assert "probability 0" in detail


def test_rare_outcomes_are_pooled_not_dropped() -> None:
    probabilities = np.array([0.9, *([0.001] * 100)])
    drawn = [0] * 500 + list(range(1, 101)) * 5
    chance, _ = fits_distribution(drawn, probabilities)
    assert chance < SIGNIFICANCE
