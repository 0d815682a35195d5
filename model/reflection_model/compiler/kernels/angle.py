"""Sine and cosine of large angles, as exact as float32 allows.

WGSL promises little about its own: 2^-11 between -pi and pi, nothing outside. Positions reach thousands of radians.
"""

from __future__ import annotations

from typing import Any

from tvm import tirx

from .builder import Expression, cast, local

QUARTER_TURN = (1.5703125, 4.837512969970703125e-4, 7.549789948768648e-8)
"""pi / 2 in three parts, the first two so short that their products with fewer than 2^13 quarter turns are exact."""

SINE = (-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1)
COSINE = (2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2)
"""Minimax polynomials between -pi / 4 and pi / 4, in powers of the square; errors below 1e-7 (those of Cephes)."""


def sine_and_cosine(angle: Expression) -> Any:
    """Private memory that holds the sine and the cosine of an angle from 0 to 12,800 radians."""
    quarters = local("int32")
    quarters[0] = cast(tirx.floor(angle * (2 / 3.141592653589793) + 0.5), "int32")
    work = local("float32", 3)
    turns = cast(quarters[0], "float32")
    work[0] = ((angle - turns * QUARTER_TURN[0]) - turns * QUARTER_TURN[1]) - turns * QUARTER_TURN[2]
    work[1] = work[0] * work[0]
    square = work[1]
    work[2] = ((SINE[0] * square + SINE[1]) * square + SINE[2]) * square * work[0] + work[0]
    work[0] = ((COSINE[0] * square + COSINE[1]) * square + COSINE[2]) * square * square - 0.5 * square + 1.0
    both = local("float32", 2)
    is_turned = tirx.bitwise_and(quarters[0], 1) == 1
    both[0] = tirx.if_then_else(is_turned, work[0], work[2])
    both[1] = tirx.if_then_else(is_turned, work[2], work[0])
    both[0] = tirx.if_then_else(tirx.bitwise_and(quarters[0], 2) == 2, -both[0], both[0])
    both[1] = tirx.if_then_else(tirx.bitwise_and(quarters[0] + 1, 2) == 2, -both[1], both[1])
    return both
