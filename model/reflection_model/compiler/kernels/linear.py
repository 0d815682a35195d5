"""Matrix products for software GPUs: a few outputs a thread, no barriers.

A software GPU runs the threads of a workgroup one after the other, so a barrier costs it a switch between all of them,
and there are no caches to share. Here each thread reads its weights once, keeps the sums in registers and needs nobody.
RMSNorm is a kernel of its own: a software GPU reads memory slowly, and every thread here would read the norm's weights.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tvm import tirx

from ...schemes import GROUP_SIZE, VALUES_PER_WORD, Scheme
from .builder import (
    Expression,
    Kernel,
    build_kernel,
    cast,
    ceil_div,
    float32,
    local,
    loop,
    named,
    size,
    sum_by_halves,
    threads,
    when,
)
from .weights import WORDS_PER_GROUP, ZERO_POINT, Matrix, nibble_in_place

THREADS = 16

Input = Callable[[Expression], Expression]
"""Gives the input of a product at a column, as float32."""


@dataclass(frozen=True)
class Linear:
    """What a fused matrix product does around `x @ weight.T`.

    Args:
        rows, columns: N and K of the weight.
        normalized: x goes through RMSNorm first, in a kernel of its own; `operators` emits it.
        gated: rows are gate then up; the output is silu(gate) * up, N / 2 wide.
        residual: add a tensor like the output (one more argument, last).
        last_row: compute only the last token.
        epsilon: of the norm.
        out_dtype: type of the output; None for the activation type.
    """

    rows: int
    columns: int
    normalized: bool = False
    gated: bool = False
    residual: bool = False
    last_row: bool = False
    epsilon: float = 0.0
    out_dtype: str | None = None

    @property
    def width(self) -> int:
        """Outputs a token."""
        return self.rows // 2 if self.gated else self.rows


def linear(spec: Linear, scheme: Scheme) -> tirx.PrimFunc:
    """The kernel; arguments are x [1, n, K], the matrix, the residual, then the output [1, n, N]."""
    dtype = scheme.activation_dtype
    out_dtype = spec.out_dtype or dtype
    # Reading x is the dearest part, so a thread uses each x for eight rows; more sums would not stay in registers.
    outputs = next(count for count in ((4, 2, 1) if spec.gated else (8, 4, 2, 1)) if spec.width % count == 0)

    def write(kernel: Kernel) -> None:
        tokens = size()
        x = kernel.tensor((1, tokens, spec.columns), dtype)
        matrix = Matrix(kernel, spec.rows, spec.columns, scheme)
        out_tokens = 1 if spec.last_row else tokens
        residual = kernel.tensor((1, out_tokens, spec.width), dtype) if spec.residual else None
        out = kernel.tensor((1, out_tokens, spec.width), out_dtype)
        with threads(THREADS, ceil_div(spec.width // outputs, THREADS), out_tokens) as (block, token, thread):
            first = (block * THREADS + thread) * outputs
            rows = [first + i for i in range(outputs)]
            if spec.gated:
                rows += [row + spec.width for row in rows]
            source = tokens - 1 if spec.last_row else token
            with when(first < spec.width):
                total = _sums(spec, matrix, rows, lambda k: float32(x[0, source, k]))
                for i in range(outputs):
                    value = total[i]
                    if spec.gated:
                        value = value / (1.0 + tirx.exp(-value)) * total[outputs + i]
                    if residual is not None:
                        value = value + float32(residual[0, token, first + i])
                    out[0, token, first + i] = cast(value, out_dtype)

    return build_kernel(write)


def _sums(spec: Linear, matrix: Matrix, rows: list[Expression], x: Input) -> Any:
    """Emits the sums over K of some rows for one token; returns the private memory that holds them."""
    total = local("float32", len(rows))
    _clear(total, len(rows))
    if matrix.quantized:
        _accumulate_groups(spec, matrix, rows, x, total)
        return total
    with loop(spec.columns) as k:
        value = named(x(k))
        for i, row in enumerate(rows):
            total[i] = total[i] + value * matrix.value(row, k)
    return total


def _accumulate_groups(spec: Linear, matrix: Matrix, rows: list[Expression], x: Input, total: Any) -> None:
    """Sums groups of 32 weights: sum((q - 8) * s * x) = s * (sum(q * x) - 8 * sum(x)).

    That is one subtraction a group instead of one a weight. A software GPU keeps named values in registers but
    stores and loads every variable that it adds to, so eight products are added at once. Weights stay where they are
    in their word, as q * 16^j, and x is divided by 16^j instead: exactly, and once for all rows.
    """
    part, plain = local("float32", len(rows)), local("float32")
    with loop(spec.columns // GROUP_SIZE) as group:
        _clear(part, len(rows))
        _clear(plain, 1)
        with loop(WORDS_PER_GROUP) as w:
            word = group * WORDS_PER_GROUP + w
            values = [named(x(word * VALUES_PER_WORD + j)) for j in range(VALUES_PER_WORD)]
            plain[0] = plain[0] + sum_by_halves(values)
            divided = [named(value * 16.0**-j) if j else value for j, value in enumerate(values)]
            for i, row in enumerate(rows):
                packed = named(matrix.word(row, word))
                part[i] = part[i] + sum_by_halves(
                    [value * nibble_in_place(packed, j) for j, value in enumerate(divided)]
                )
        for i, row in enumerate(rows):
            scaled = named(matrix.scale(row, group)) * (part[i] - float(ZERO_POINT) * plain[0])
            total[i] = total[i] + scaled


def _clear(memory: Any, count: int) -> None:
    for i in range(count):
        memory[i] = tirx.const(0.0, "float32")
