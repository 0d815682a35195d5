"""Attention for software GPUs: a thread a query and group of heads, no barriers and no shared memory.

All three kernels of the cache (one new token over the cache, many over the cache, many over themselves) are the same
arithmetic with other addresses: a few keys at a time, an online softmax, and sums in private memory. What a thread
reads of a key serves all query heads that share it, and what it reads of a query serves several keys: reading is what
a software GPU is slow at. It also sets shared memory to zero word by word, in code that it has to compile.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tvm import tirx

from ...llama_config import LlamaConfig
from .builder import (
    Expression,
    Kernel,
    build_kernel,
    cast,
    ceil_div,
    flat,
    float32,
    local,
    loop,
    named,
    size,
    sum_by_halves,
    threads,
    when,
)
from .cache import PAGE_SIZE

THREADS = 4
"""As many as SwiftShader runs at once."""

SCORES = 8
"""Scores that a thread computes at once: of its heads with some keys. More are faster to run and slower to compile."""

DECODE_PARTS = 4
"""Threads that share the output of a query: a new token is one query, and would leave the others idle."""

LOWEST = -3.0e38
FAR = 1.0e30
"""What makes a score so low that it does not count."""


@dataclass(frozen=True)
class _Keys:
    """Where a sequence's keys and values are.

    Args:
        key, value: read the tensors that hold them, by one index.
        apart: added to the index of a key, gives that of its value.
        tile: from the first position of a tile, gives the index of its keys by head and place in the tile.
    """

    key: Callable[[Expression], Expression]
    value: Callable[[Expression], Expression]
    apart: int
    tile: Callable[[Expression], Callable[[Expression, Expression], Expression]]


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
        _attend(config, dtype, scale, (q, out, sums), table.length, table.keys, DECODE_PARTS)

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
        _attend(config, dtype, scale, (q, out, sums), lambda query: table.length(0), lambda query: table.keys(0))

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

        def tile(first: Expression) -> Callable[[Expression, Expression], Expression]:
            return lambda head, at: ((first + at) * kv_heads + head) * head_dim

        keys = _Keys(flat(k), flat(v), 0, tile)
        _attend(config, dtype, scale, (q, out, sums), lambda query: query + 1, lambda query: keys)

    return build_kernel(write)


class _PageTable:
    """The cache's pages and which of them belong to a sequence."""

    def __init__(self, kernel: Kernel, config: LlamaConfig, dtype: str, sequences: Expression) -> None:
        page_count, listed = size(), size()
        shape = (page_count, 2, config.num_key_value_heads, PAGE_SIZE, config.head_dim)
        self._kv_heads, self._head_dim = config.num_key_value_heads, config.head_dim
        self._pages = flat(kernel.tensor(shape, dtype, offset=True))
        self._starts = kernel.tensor((sequences + 1,), "int32", offset=True)
        self._list = kernel.tensor((listed,), "int32", offset=True)
        self._last_length = kernel.tensor((sequences,), "int32", offset=True)

    def length(self, sequence: Expression) -> Expression:
        """Keys of a sequence; 0 without pages."""
        pages = self._starts[sequence + 1] - self._starts[sequence]
        return tirx.max((pages - 1) * PAGE_SIZE + self._last_length[sequence], 0)

    def keys(self, sequence: Expression) -> _Keys:
        """The keys and values of a sequence; no tile may cross a page."""
        start, kv_heads, head_dim = named(self._starts[sequence]), self._kv_heads, self._head_dim

        def tile(first: Expression) -> Callable[[Expression, Expression], Expression]:
            page = named(self._list[start + first // PAGE_SIZE])
            return lambda head, at: ((page * 2 * kv_heads + head) * PAGE_SIZE + first % PAGE_SIZE + at) * head_dim

        return _Keys(self._pages, self._pages, kv_heads * PAGE_SIZE * head_dim, tile)


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


def _attend(
    config: LlamaConfig,
    dtype: str,
    scale: Expression,
    tensors: tuple[Any, Any, Any],
    length: Callable[[Expression], Expression],
    keys_of: Callable[[Expression], _Keys],
    parts: int = 1,
) -> None:
    """Emits the attention of all queries.

    Args:
        tensors: the queries, the output, and log2 of the sums of exponentials.
        length: gives the number of keys of a query.
        keys_of: gives access to them.
        parts: threads that share the features of a query's output; each computes all of its scores.
    """
    q, out, sums = tensors
    queries = q.shape[0]
    group = config.num_attention_heads // config.num_key_value_heads
    parts = math.gcd(parts, config.head_dim)
    features = config.head_dim // parts
    # A power of two, so that a tile lies in one page.
    width = min(2 ** int(math.log2(max(SCORES // group, 1))), PAGE_SIZE)

    with threads(THREADS, config.num_key_value_heads, ceil_div(queries * parts, THREADS)) as (kv_head, block, thread):
        item = block * THREADS + thread
        query, feature = item // parts, item % parts * features
        heads = [kv_head * group + i for i in range(group)]
        scores = local("float32", group * width)
        weighted = local("float32", group * features)
        highest, kept, total = [local("float32", group) for _ in range(3)]
        places = local("int32", width)
        with when(query < queries):
            count, keys = named(length(query)), keys_of(query)
            for i in range(group):
                highest[i] = tirx.const(LOWEST, "float32")
                total[i] = tirx.const(0.0, "float32")
            with loop(group * features) as i:
                weighted[i] = tirx.const(0.0, "float32")

            with loop(ceil_div(count, width)) as tile:
                first = tile * width
                place = keys.tile(first)
                for at in range(width):
                    # Behind the last key comes the last key again, which does not count there.
                    places[at] = place(kv_head, tirx.min(count - 1 - first, at) if at else 0)
                for i in range(group * width):
                    scores[i] = tirx.const(0.0, "float32")
                with loop(config.head_dim) as d:
                    read = [named(float32(keys.key(places[at] + d))) for at in range(width)]
                    for i, head in enumerate(heads):
                        asked = named(float32(q[query, head, d]))
                        for at in range(width):
                            scores[i * width + at] = scores[i * width + at] + asked * read[at]

                for i in range(group):
                    own = range(i * width, (i + 1) * width)
                    for at, n in enumerate(own):
                        # Powers of two instead of e: what the cache's merge of partial results expects.
                        score = scores[n] * scale * math.log2(math.e)
                        behind = cast(tirx.min(count - 1 - first - at, 0), "float32")
                        scores[n] = score + behind * FAR if at else score
                    kept[i] = highest[i]
                    highest[i] = functools.reduce(tirx.max, [scores[n] for n in own], highest[i])
                    kept[i] = tirx.exp2(kept[i] - highest[i])
                    for n in own:
                        scores[n] = tirx.exp2(scores[n] - highest[i])
                    total[i] = total[i] * kept[i] + sum_by_halves([scores[n] for n in own])

                with loop(features) as f:
                    read = [named(float32(keys.value(places[at] + (feature + f + keys.apart)))) for at in range(width)]
                    for i in range(group):
                        added = sum_by_halves([scores[i * width + at] * read[at] for at in range(width)])
                        weighted[f * group + i] = weighted[f * group + i] * kept[i] + added

            with loop(features) as f:
                for i, head in enumerate(heads):
                    out[query, head, feature + f] = cast(weighted[f * group + i] / total[i], dtype)
            with when(feature == 0):
                for i, head in enumerate(heads):
                    sums[query, head] = highest[i] + tirx.log2(total[i])
