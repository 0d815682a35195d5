"""Kernels that change logits in place: bias, penalties, grammar masks."""

from __future__ import annotations

from tvm import tirx
from tvm.script.ir_builder import tirx as T

from .builder import Kernel, build_kernel, cast, ceil_div, local, select, size, threads, when

THREADS = 64
MASKED = -3.4e38
"""A logit that a grammar forbids: finite, so that no arithmetic makes it a NaN."""


def add_bias() -> tirx.PrimFunc:
    """Arguments: logits float32 [1, V], row int32 [k], token int32 [k], bias float32 [k]."""

    def write(kernel: Kernel) -> None:
        rows, vocabulary, count = size(), size(), size()
        logits = kernel.tensor((rows, vocabulary), "float32")
        row_of = kernel.tensor((count,), "int32")
        tokens = kernel.tensor((count,), "int32")
        bias = kernel.tensor((count,), "float32")
        with threads(THREADS, ceil_div(count, THREADS)) as (block, thread):
            item = block * THREADS + thread
            with when(item < count):
                row, token = row_of[item], tokens[item]
                logits[row, token] = logits[row, token] + bias[item]

    return build_kernel(write)


def apply_penalties() -> tirx.PrimFunc:
    """Penalizes the tokens that each sequence has seen.

    Arguments: logits float32 [1, V], sequence int32 [s], position of each token's sequence int32 [k], token int32 [k],
    times seen int32 [k], and per sequence presence, frequency and repetition penalties float32 [s, 3].

    Presence and frequency are subtracted; repetition divides a positive logit and multiplies a negative one.
    """

    def write(kernel: Kernel) -> None:
        rows, vocabulary, sequences, count = size(), size(), size(), size()
        logits = kernel.tensor((rows, vocabulary), "float32")
        sequence = kernel.tensor((sequences,), "int32")
        position = kernel.tensor((count,), "int32")
        tokens = kernel.tensor((count,), "int32")
        seen = kernel.tensor((count,), "int32")
        penalties = kernel.tensor((sequences, 3), "float32")
        with threads(THREADS, ceil_div(count, THREADS)) as (block, thread):
            item = block * THREADS + thread
            with when(item < count):
                at, token = position[item], tokens[item]
                value = local("float32")
                value[0] = logits[sequence[at], token] - penalties[at, 0]
                value[0] = value[0] - cast(seen[item], "float32") * penalties[at, 1]
                repetition = penalties[at, 2]
                logits[sequence[at], token] = select(value[0] > 0.0, value[0] / repetition, value[0] * repetition)

    return build_kernel(write)


def apply_bitmask() -> tirx.PrimFunc:
    """Arguments: logits float32 [1, V], sequence int32 [s], mask int32 [1, ceil(V / 32)]; a 1 bit keeps a token."""

    def write(kernel: Kernel) -> None:
        rows, vocabulary, sequences, words = size(), size(), size(), size()
        logits = kernel.tensor((rows, vocabulary), "float32")
        sequence = kernel.tensor((sequences,), "int32")
        mask = kernel.tensor((rows, words), "int32")
        with threads(THREADS, ceil_div(sequences * vocabulary, THREADS)) as (block, thread):
            item = block * THREADS + thread
            with when(item < sequences * vocabulary):
                row, token = sequence[item // vocabulary], item % vocabulary
                bit = T.bitwise_and(T.shift_right(mask[row, token // 32], token % 32), tirx.const(1, "int32"))
                with when(bit == 0):
                    logits[row, token] = tirx.const(MASKED, "float32")

    return build_kernel(write)
