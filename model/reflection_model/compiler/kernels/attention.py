"""Attention for software GPUs: one workgroup a query and head, three barriers a thousand keys.

All three kernels of the cache (one new token over the cache, many over the cache, many over themselves) are the same
arithmetic with other addresses. Keys are taken in tiles: first every thread scores its keys into shared memory, then
every thread sums the values of its features, rescaling by the running maximum.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from tvm import tirx

from ...llama_config import LlamaConfig
from .builder import Expression, Kernel, barrier, build_kernel, cast, float32, local, loop, shared, size, threads, when
from .cache import PAGE_SIZE

THREADS = 32
TILE = 1024
"""Keys scored at once; their scores take 4 KiB of shared memory."""

LOWEST = -3.0e38


def decode(config: LlamaConfig, dtype: str) -> tirx.PrimFunc:
    """One query a sequence over the cache, its own key included."""
    heads, head_dim = config.num_attention_heads, config.head_dim

    def write(kernel: Kernel) -> None:
        n = size()
        q = kernel.tensor((n, heads, head_dim), dtype)
        table = _PageTable(kernel, config, dtype, n)
        kernel.tensor((n,), "int32", offset=True)  # rotary offset of the keys: they are rotated already
        kernel.tensor((n,), "int32", offset=True)  # rotary positions of the queries: likewise
        out = kernel.tensor((n, heads, head_dim), dtype)
        sums = kernel.tensor((n, heads), "float32")
        scale = _scalars(kernel, causal=False)
        with threads(THREADS, heads, n) as (head, query, thread):
            _attend(config, dtype, scale, q, out, sums, (query, head, thread), table.length(query), table.keys(query))

    return build_kernel(write)


def prefill_paged(config: LlamaConfig, dtype: str) -> tirx.PrimFunc:
    """Many queries of one sequence over the keys that were in the cache before them."""
    heads, head_dim = config.num_attention_heads, config.head_dim

    def write(kernel: Kernel) -> None:
        n, sequences = size(), size()
        q = kernel.tensor((n, heads, head_dim), dtype)
        kernel.tensor((sequences + 1,), "int32", offset=True)  # where each sequence's queries start
        table = _PageTable(kernel, config, dtype, sequences)
        kernel.tensor((sequences,), "int32", offset=True)
        kernel.tensor((n,), "int32", offset=True)
        out = kernel.tensor((n, heads, head_dim), dtype)
        sums = kernel.tensor((n, heads), "float32")
        scale = _scalars(kernel, causal=True)
        with threads(THREADS, heads, n) as (head, query, thread):
            _attend(config, dtype, scale, q, out, sums, (query, head, thread), table.length(0), table.keys(0))

    return build_kernel(write)


def prefill_ragged(config: LlamaConfig, dtype: str) -> tirx.PrimFunc:
    """Many queries of one sequence over each other's keys, each over those up to its own."""
    heads, kv_heads, head_dim = config.num_attention_heads, config.num_key_value_heads, config.head_dim

    def write(kernel: Kernel) -> None:
        n, sequences = size(), size()
        q = kernel.tensor((n, heads, head_dim), dtype)
        kernel.tensor((sequences + 1,), "int32", offset=True)
        k = kernel.tensor((n, kv_heads, head_dim), dtype)
        v = kernel.tensor((n, kv_heads, head_dim), dtype)
        kernel.tensor((sequences + 1,), "int32", offset=True)
        kernel.tensor((n,), "int32", offset=True)
        kernel.tensor((sequences,), "int32", offset=True)
        out = kernel.tensor((n, heads, head_dim), dtype)
        sums = kernel.tensor((n, heads), "float32")
        scale = _scalars(kernel, causal=True)

        def keys(position: Expression) -> tuple[Any, Any]:
            return (lambda head, d: k[position, head, d], lambda head, d: v[position, head, d])

        with threads(THREADS, heads, n) as (head, query, thread):
            _attend(config, dtype, scale, q, out, sums, (query, head, thread), query + 1, keys)

    return build_kernel(write)


class _PageTable:
    """The cache's pages and which of them belong to a sequence."""

    def __init__(self, kernel: Kernel, config: LlamaConfig, dtype: str, sequences: Expression) -> None:
        page_count, listed = size(), size()
        shape = (page_count, 2, config.num_key_value_heads, PAGE_SIZE, config.head_dim)
        self._pages = kernel.tensor(shape, dtype, offset=True)
        self._starts = kernel.tensor((sequences + 1,), "int32", offset=True)
        self._list = kernel.tensor((listed,), "int32", offset=True)
        self._last_length = kernel.tensor((sequences,), "int32", offset=True)

    def length(self, sequence: Expression) -> Expression:
        """Keys of a sequence; 0 without pages."""
        pages = self._starts[sequence + 1] - self._starts[sequence]
        return tirx.max((pages - 1) * PAGE_SIZE + self._last_length[sequence], 0)

    def keys(self, sequence: Expression) -> Callable[[Expression], tuple[Any, Any]]:
        """Access to the key and the value at a position."""

        def at(position: Expression) -> tuple[Any, Any]:
            page = self._list[self._starts[sequence] + position // PAGE_SIZE]
            place = position % PAGE_SIZE
            return (
                lambda head, d: self._pages[page, 0, head, place, d],
                lambda head, d: self._pages[page, 1, head, place, d],
            )

        return at


def _scalars(kernel: Kernel, causal: bool) -> Expression:
    """Declares the scalar arguments that end every attention kernel; only the scale is used.

    Causality follows from which kernel is called, and rotary embeddings are applied before.
    """
    if causal:
        kernel.scalar("int32")
    kernel.scalar("int32")
    kernel.scalar("float32")
    kernel.scalar("float32")
    return kernel.scalar("float32")


def _attend(config: LlamaConfig, dtype: str, scale, q, out, sums, place, length, keys) -> None:
    """Emits the attention of one query and head over `length` keys."""
    query, head, thread = place
    head_dim = config.head_dim
    kv_head = head // (config.num_attention_heads // config.num_key_value_heads)
    features = [thread + i * THREADS for i in range((head_dim + THREADS - 1) // THREADS)]

    scores = shared("float32", TILE)
    maxima = shared("float32", THREADS)
    count = local("int32")
    state = local("float32", 4)  # running maximum, new maximum, running sum, one score
    weighted = local("float32", len(features))
    count[0] = length
    state[0] = tirx.const(LOWEST, "float32")
    state[2] = tirx.const(0.0, "float32")
    for i in range(len(features)):
        weighted[i] = tirx.const(0.0, "float32")

    with loop((count[0] + (TILE - 1)) // TILE) as tile:
        in_tile = tirx.min(count[0] - tile * TILE, TILE)
        state[1] = state[0]
        with loop((in_tile - thread + (THREADS - 1)) // THREADS) as step:
            position = thread + step * THREADS
            key, _ = keys(tile * TILE + position)
            state[3] = tirx.const(0.0, "float32")
            with loop(head_dim) as d:
                state[3] = state[3] + float32(q[query, head, d]) * float32(key(kv_head, d))
            # Powers of two instead of e: what the cache's merge of partial results expects.
            state[3] = state[3] * scale * math.log2(math.e)
            scores[position] = state[3]
            state[1] = tirx.max(state[1], state[3])
        maxima[thread] = state[1]
        barrier()
        with loop(THREADS) as i:
            state[1] = tirx.max(state[1], maxima[i])
        state[3] = tirx.exp2(state[0] - state[1])
        state[2] = state[2] * state[3]
        for i in range(len(features)):
            weighted[i] = weighted[i] * state[3]
        with loop(in_tile) as position:
            state[3] = tirx.exp2(scores[position] - state[1])
            state[2] = state[2] + state[3]
            _, value = keys(tile * TILE + position)
            for i, feature in enumerate(features):
                if head_dim % THREADS == 0:
                    weighted[i] = weighted[i] + state[3] * float32(value(kv_head, feature))
                else:
                    with when(feature < head_dim):
                        weighted[i] = weighted[i] + state[3] * float32(value(kv_head, feature))
        state[0] = state[1]
        barrier()

    for i, feature in enumerate(features):
        with when(feature < head_dim):
            out[query, head, feature] = cast(weighted[i] / state[2], dtype)
    with when(thread == 0):
        sums[query, head] = state[0] + tirx.log2(state[2])
