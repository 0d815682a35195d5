"""In which type products are computed: bfloat16 where the machine multiplies it fast."""

from __future__ import annotations

import torch


def product_type(device: str) -> torch.dtype:
    """bfloat16 on GPUs and on CPUs with AMX, else float32.

    Without AMX oneDNN is slower in bfloat16: 75 by 120 GFLOP/s on one core of an Intel Xeon with AVX-512 (2026-11-22).
    """
    return torch.bfloat16 if device != "cpu" or torch.cpu._is_amx_tile_supported() else torch.float32
