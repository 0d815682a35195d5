"""Matrix products for software GPUs: a few outputs a thread, no barriers.

A software GPU runs the threads of a workgroup one after the other, so a barrier costs it a switch between all of them,
and there are no caches to share. Here each thread reads its weights once, keeps the sums in registers and needs nobody.
RMSNorm is folded in: the thread sums the squares of the row it reads anyway, which saves a kernel and a barrier.
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
    threads,
    when,
)
from .weights import WORDS_PER_GROUP, ZERO_POINT, Matrix, nibble

THREADS = 16

Input = Callable[[Expression], Expression]
"""Gives the input of a product at a column, as float32."""


@dataclass(frozen=True)
class Linear:
    """What a fused matrix product does around `x @ weight.T`.

    Args:
        rows, columns: N and K of the weight.
        normalized: scale x by RMSNorm first (one more argument: the norm's weight [K]).
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
    """The kernel; arguments are x [1, n, K], the norm's weight, the matrix, the residual, then the output [1, n, N]."""
    dtype = scheme.activation_dtype
    out_dtype = spec.out_dtype or dtype
    # Reading x is the dearest part, so a thread uses each x for eight rows; more sums would not stay in registers.
    outputs = next(count for count in ((4, 2, 1) if spec.gated else (8, 4, 2, 1)) if spec.width % count == 0)

    def write(kernel: Kernel) -> None:
        tokens = size()
        x = kernel.tensor((1, tokens, spec.columns), dtype)
        norm = kernel.tensor((spec.columns,), dtype) if spec.normalized else None
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
                sums = _Sums(spec, matrix, rows, lambda k: float32(x[0, source, k]), norm)
                sums.accumulate()
                for i in range(outputs):
                    value = sums.total[i]
                    if spec.gated:
                        value = value / (1.0 + tirx.exp(-value)) * sums.total[outputs + i]
                    if residual is not None:
                        value = value + float32(residual[0, token, first + i])
                    out[0, token, first + i] = cast(value, out_dtype)

    return build_kernel(write)


class _Sums:
    """The sums of one thread, some rows for one token, in its private memory.

    Args:
        spec: of the product.
        matrix, rows: the weights, and which of its rows.
        x: gives the token's input at a column.
        norm: the norm's weight; None when x is not normalized.
    """

    def __init__(self, spec: Linear, matrix: Matrix, rows: list[Expression], x: Input, norm: Any) -> None:
        self._spec, self._matrix, self._rows, self._x, self._norm = spec, matrix, rows, x, norm
        self.total = local("float32", len(rows))
        self._squares = local("float32")

    def accumulate(self) -> None:
        """Emits the sums over K; the results are then in `total`, one a row."""
        _clear(self.total, len(self._rows))
        _clear(self._squares, 1)
        if self._matrix.quantized:
            self._accumulate_groups()
        else:
            with loop(self._spec.columns) as k:
                (value,) = self._load([k])
                for i, row in enumerate(self._rows):
                    self.total[i] = self.total[i] + value * self._matrix.value(row, k)
        if self._norm is not None:
            mean = self._squares[0] / float(self._spec.columns)
            self._squares[0] = tirx.rsqrt(mean + self._spec.epsilon)
            for i in range(len(self._rows)):
                self.total[i] = self.total[i] * self._squares[0]

    def _load(self, columns: list[Expression]) -> list[Expression]:
        """Names x at some columns, normalized except for the token's common factor."""
        values = [named(self._x(k)) for k in columns]
        if self._norm is None:
            return values
        self._squares[0] = self._squares[0] + _sum([named(value * value) for value in values])
        return [named(value * float32(self._norm[k])) for value, k in zip(values, columns, strict=True)]

    def _accumulate_groups(self) -> None:
        """Sums groups of 32 weights: sum((q - 8) * s * x) = s * (sum(q * x) - 8 * sum(x)).

        That is one subtraction a group instead of one a weight. A software GPU keeps named values in registers but
        stores and loads every variable that it adds to, so eight products are named and added at once.
        """
        count = len(self._rows)
        part, plain = local("float32", count), local("float32")
        with loop(self._spec.columns // GROUP_SIZE) as group:
            _clear(part, count)
            _clear(plain, 1)
            with loop(WORDS_PER_GROUP) as w:
                word = group * WORDS_PER_GROUP + w
                values = self._load([word * VALUES_PER_WORD + j for j in range(VALUES_PER_WORD)])
                plain[0] = plain[0] + _sum(values)
                for i, row in enumerate(self._rows):
                    packed = named(self._matrix.word(row, word))
                    products = [named(value * nibble(packed, j)) for j, value in enumerate(values)]
                    part[i] = part[i] + _sum(products)
            for i, row in enumerate(self._rows):
                scaled = named(self._matrix.scale(row, group)) * (part[i] - float(ZERO_POINT) * plain[0])
                self.total[i] = self.total[i] + scaled


def _sum(values: list[Expression]) -> Expression:
    """The sum by halves, which rounds less than one after the other."""
    if len(values) == 1:
        return values[0]
    middle = len(values) // 2
    return _sum(values[:middle]) + _sum(values[middle:])


def _clear(memory: Any, count: int) -> None:
    for i in range(count):
        memory[i] = tirx.const(0.0, "float32")
