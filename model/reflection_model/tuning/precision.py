"""In which type products are computed: bfloat16 where the machine multiplies it fast."""

from __future__ import annotations

import torch


def product_type(device: str) -> torch.dtype:
    """bfloat16 on GPUs and on CPUs that have instructions for it (AMX, AVX-512 BF16), else float32.

    One core (`benchmarks/products.py`, 2026-11-23): 215 GFLOP/s against 100 on an AMD EPYC with AVX-512 BF16. Without
    such instructions oneDNN was slower in bfloat16, 75 against 120 on an Intel Xeon with plain AVX-512 (2026-11-22).
    """
    fast = torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()
    return torch.bfloat16 if device != "cpu" or fast else torch.float32
