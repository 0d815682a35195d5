"""Whether drawn tokens can come from a distribution: Pearson's chi-square test with NumPy alone."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt


def chi_square_tail(statistic: float, freedom: int) -> float:
    """The chance that a chi-square variable with `freedom` degrees is at least `statistic`."""
    if statistic <= 0:
        return 1.0
    return 1.0 - _lower_gamma(freedom / 2, statistic / 2)


def _lower_gamma(shape: float, x: float) -> float:
    """The regularized lower incomplete gamma function, by its series or its continued fraction."""
    scale = math.exp(-x + shape * math.log(x) - math.lgamma(shape))
    if x < shape + 1:
        term = total = 1 / shape
        at = shape
        while abs(term) > abs(total) * 1e-15:
            at += 1
            term *= x / at
            total += term
        return total * scale
    tiny = 1e-300
    b = x + 1 - shape
    c, d = 1 / tiny, 1 / b
    fraction = d
    for i in range(1, 10_000):
        a = -i * (i - shape)
        b += 2
        d = 1 / (a * d + b or tiny)
        c = b + a / c or tiny
        fraction *= d * c
        if abs(d * c - 1) < 1e-15:
            break
    return 1.0 - scale * fraction


def fits_distribution(drawn: Sequence[int], probabilities: npt.NDArray[np.float64]) -> tuple[float, str]:
    """Tests draws against the probabilities they should follow.

    Outcomes expected fewer than five times are pooled, as the test demands. A draw of probability zero is impossible
    and gives 0.0 at once.

    Args:
        drawn: outcomes, indices into `probabilities`.
        probabilities: [V], summing to one.

    Returns:
        The chance of draws at least this unlike the distribution, and what was compared, in words.
    """
    counts = np.bincount(np.asarray(drawn), minlength=len(probabilities))
    impossible = np.flatnonzero((counts > 0) & (probabilities == 0))
    if len(impossible):
        return 0.0, f"drew {impossible[0]}, which has probability 0"
    expected = probabilities * len(drawn)
    common = expected >= 5
    observed, wanted = list(counts[common]), list(expected[common])
    rest = float(expected[~common].sum())
    if rest >= 5:
        observed.append(int(counts[~common].sum()))
        wanted.append(rest)
    elif wanted and rest > 0:
        smallest = int(np.argmin(wanted))
        observed[smallest] += int(counts[~common].sum())
        wanted[smallest] += rest
    if len(wanted) < 2:
        return 1.0, f"{len(drawn)} draws of a distribution with one common outcome"
    statistic = float(sum((o - w) ** 2 / w for o, w in zip(observed, wanted, strict=True)))
    chance = chi_square_tail(statistic, len(wanted) - 1)
    return chance, f"{len(drawn)} draws, {len(wanted)} outcomes, chi-square {statistic:.1f}, p = {chance:.3g}"
