"""How fast one core multiplies matrices of the tiny model in float32 and bfloat16: `python benchmarks/products.py`.

`reflection_model/tuning/precision.py` chooses by what this measures.
"""

from __future__ import annotations

import time
from statistics import median

import torch

ROWS, WIDTH, WIDER = 4096, 256, 1408
"""Tokens of a step on one process, the hidden size, and gate and up projections side by side."""
RUNS, PRODUCTS = 7, 20


def speed(kind: torch.dtype) -> float:
    """Median of the runs, 10^9 operations a second; a product of [4096, 256] and [256, 1408] has 2 for each pair."""
    tokens, matrix = torch.randn(ROWS, WIDTH, dtype=kind), torch.randn(WIDTH, WIDER, dtype=kind)
    tokens @ matrix
    seconds = []
    for _ in range(RUNS):
        start = time.perf_counter()
        for _ in range(PRODUCTS):
            tokens @ matrix
        seconds.append(time.perf_counter() - start)
    return PRODUCTS * 2 * ROWS * WIDTH * WIDER / median(seconds) / 1e9


if __name__ == "__main__":
    torch.set_num_threads(1)
    for kind in (torch.float32, torch.bfloat16):
        print(f"{str(kind).removeprefix('torch.')}: {speed(kind):.0f} GFLOP/s")
