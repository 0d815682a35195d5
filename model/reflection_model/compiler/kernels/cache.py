"""Kernels around the paged key-value cache: rotate, append, merge.

The runtime's cache calls them with fixed arguments. Pages are [page, key or value, head, slot, feature], sixteen slots
a page; index tables may be views, so they are declared with an offset.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from tvm import tirx

from ...llama_config import LlamaConfig
from .angle import sine_and_cosine
from .builder import Kernel, build_kernel, cast, ceil_div, float32, local, loop, size, threads, when

PAGE_SIZE = 16
"""Slots a page; WebLLM passes 16 and nothing else."""

THREADS = 64


def inverse_frequencies(config: LlamaConfig) -> np.ndarray:
    """Rotation of each feature pair per position, in radians: float32 [head_dim / 2].

    Computed here in float64 instead of in the kernel, where `pow` is slow and less exact. The `llama3` scaling slows
    the slow rotations by `factor`, leaves the fast ones, and blends between.
    """
    pairs = np.arange(config.head_dim // 2, dtype=np.float64)
    frequencies = config.rope_theta ** (-2.0 * pairs / config.head_dim)
    scaling: dict[str, Any] | None = config.rope_scaling
    if scaling is not None:
        turns = scaling["original_max_position_embeddings"] * frequencies / (2 * math.pi)
        low, high = scaling["low_freq_factor"], scaling["high_freq_factor"]
        kept = np.clip((turns - low) / (high - low), 0.0, 1.0)
        frequencies = frequencies * (kept + (1.0 - kept) / scaling["factor"])
    return frequencies.astype(np.float32)


def split_rotary(config: LlamaConfig, dtype: str) -> tirx.PrimFunc:
    """Splits a fused projection into queries, keys and values and rotates the first two.

    Arguments: qkv [n, heads + 2 * kv_heads, head_dim], positions int32 [n], outputs q, k, v, and the inverse
    frequencies float32 [head_dim / 2]. One thread rotates one pair (d, d + head_dim / 2).
    """
    heads, kv_heads, head_dim = config.num_attention_heads, config.num_key_value_heads, config.head_dim
    all_heads, half = heads + 2 * kv_heads, head_dim // 2

    def write(kernel: Kernel) -> None:
        n = size()
        qkv = kernel.tensor((n, all_heads, head_dim), dtype)
        positions = kernel.tensor((n,), "int32", offset=True)
        q = kernel.tensor((n, heads, head_dim), dtype)
        k = kernel.tensor((n, kv_heads, head_dim), dtype)
        v = kernel.tensor((n, kv_heads, head_dim), dtype)
        frequencies = kernel.tensor((half,), "float32")
        with threads(THREADS, ceil_div(n * all_heads * half, THREADS)) as (block, thread):
            item = block * THREADS + thread
            with when(item < n * all_heads * half):
                token, head, pair = item // (all_heads * half), item // half % all_heads, item % half
                values = local("float32", 2)
                values[0] = float32(qkv[token, head, pair])
                values[1] = float32(qkv[token, head, pair + half])
                with when(head >= heads + kv_heads):
                    v[token, head - heads - kv_heads, pair] = cast(values[0], dtype)
                    v[token, head - heads - kv_heads, pair + half] = cast(values[1], dtype)
                with when(head < heads + kv_heads):
                    rotation = sine_and_cosine(cast(positions[token], "float32") * frequencies[pair])
                    low = cast(values[0] * rotation[1] - values[1] * rotation[0], dtype)
                    high = cast(values[1] * rotation[1] + values[0] * rotation[0], dtype)
                    with when(head < heads):
                        q[token, head, pair] = low
                        q[token, head, pair + half] = high
                    with when(head >= heads):
                        k[token, head - heads, pair] = low
                        k[token, head - heads, pair + half] = high

    return build_kernel(write)


def append(config: LlamaConfig, dtype: str) -> tirx.PrimFunc:
    """Writes new keys and values into their slots.

    Arguments: pages, k and v [n, kv_heads, head_dim], and the slot of each token int32 [n], -1 for none.
    """
    kv_heads, head_dim = config.num_key_value_heads, config.head_dim

    def write(kernel: Kernel) -> None:
        n, page_count = size(), size()
        pages = kernel.tensor((page_count, 2, kv_heads, PAGE_SIZE, head_dim), dtype, offset=True)
        k = kernel.tensor((n, kv_heads, head_dim), dtype)
        v = kernel.tensor((n, kv_heads, head_dim), dtype)
        slots = kernel.tensor((n,), "int32", offset=True)
        with threads(THREADS, ceil_div(n * kv_heads * head_dim, THREADS)) as (block, thread):
            item = block * THREADS + thread
            with when(item < n * kv_heads * head_dim):
                token, head, feature = item // (kv_heads * head_dim), item // head_dim % kv_heads, item % head_dim
                slot = local("int32")
                slot[0] = slots[token]
                with when(slot[0] >= 0):
                    page, place = slot[0] // PAGE_SIZE, slot[0] % PAGE_SIZE
                    pages[page, 0, head, place, feature] = k[token, head, feature]
                    pages[page, 1, head, place, feature] = v[token, head, feature]

    return build_kernel(write)


def merge(config: LlamaConfig, dtype: str) -> tirx.PrimFunc:
    """Joins attention over two sets of keys, in place into the first.

    Arguments: output [n, heads, head_dim] and log2 of its sum of exponentials float32 [n, heads], then the other's.
    One thread joins one head, so that nobody reads a sum after it was changed.
    """
    heads, head_dim = config.num_attention_heads, config.head_dim

    def write(kernel: Kernel) -> None:
        n = size()
        out = kernel.tensor((n, heads, head_dim), dtype)
        sums = kernel.tensor((n, heads), "float32")
        other = kernel.tensor((n, heads, head_dim), dtype)
        other_sums = kernel.tensor((n, heads), "float32")
        with threads(THREADS, ceil_div(n * heads, THREADS)) as (block, thread):
            item = block * THREADS + thread
            with when(item < n * heads):
                token, head = item // heads, item % heads
                w = local("float32", 4)
                w[0] = tirx.max(sums[token, head], other_sums[token, head])
                w[1] = tirx.exp2(sums[token, head] - w[0])
                w[2] = tirx.exp2(other_sums[token, head] - w[0])
                w[3] = w[1] + w[2]
                sums[token, head] = tirx.log2(w[3]) + w[0]
                with loop(head_dim) as d:
                    joined = (float32(out[token, head, d]) * w[1] + float32(other[token, head, d]) * w[2]) / w[3]
                    out[token, head, d] = cast(joined, dtype)

    return build_kernel(write)
