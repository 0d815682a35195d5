"""The `llama3` scaling of rotary frequencies, as divisors of the plain frequencies."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt


def rope_divisors(scaling: dict[str, Any], theta: float, head_dim: int) -> npt.NDArray[np.float64]:
    """The numbers [head_dim / 2] by which the plain frequencies `theta ** (-2 i / head_dim)` are divided.

    Frequencies whose wavelength fits the original window `high_freq_factor` times or more stay as they are, those that
    fit it less than `low_freq_factor` times are slowed down by `factor`, and those between are blended linearly.

    Args:
        scaling: with the fields of `LLAMA3_ROPE_FIELDS`.
        theta: base of the frequencies.
        head_dim: width of one head.
    """
    frequencies = theta ** (-np.arange(0, head_dim, 2, dtype=np.float64) / head_dim)
    turns = scaling["original_max_position_embeddings"] * frequencies / (2 * math.pi)
    low, high, factor = scaling["low_freq_factor"], scaling["high_freq_factor"], scaling["factor"]
    share = np.clip((turns - low) / (high - low), 0.0, 1.0)
    return 1.0 / (share + (1.0 - share) / factor)
