"""Matrix products for software GPUs: a few outputs a thread, no barriers.

A software GPU runs the threads of a workgroup one after the other, so a barrier costs it a switch between all of them,
and there are no caches to share. Here each thread reads its weights once, keeps the sums in registers and needs nobody.
RMSNorm is folded in: the thread sums the squares of the row it reads anyway, which saves a kernel and a barrier.
"""

from __future__ import annotations

from dataclasses import dataclass

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
    size,
    threads,
    when,
)
from .weights import WORDS_PER_GROUP, ZERO_POINT, Matrix, nibble

THREADS = 32


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
    per_thread = next(count for count in ((2, 1) if spec.gated else (4, 2, 1)) if spec.width % count == 0)

    def write(kernel: Kernel) -> None:
        tokens = size()
        x = kernel.tensor((1, tokens, spec.columns), dtype)
        norm = kernel.tensor((spec.columns,), dtype) if spec.normalized else None
        matrix = Matrix(kernel, spec.rows, spec.columns, scheme)
        out_tokens = 1 if spec.last_row else tokens
        residual = kernel.tensor((1, out_tokens, spec.width), dtype) if spec.residual else None
        out = kernel.tensor((1, out_tokens, spec.width), out_dtype)
        with threads(THREADS, ceil_div(spec.width // per_thread, THREADS), out_tokens) as (block, token, thread):
            first = (block * THREADS + thread) * per_thread
            source = tokens - 1 if spec.last_row else token
            rows = [first + i for i in range(per_thread)]
            if spec.gated:
                rows += [row + spec.width for row in rows]
            with when(first < spec.width):
                sums = _products(matrix, rows, spec, lambda k: float32(x[0, source, k]), norm)
                for i in range(per_thread):
                    value = sums[i]
                    if spec.gated:
                        value = value / (1.0 + tirx.exp(-value)) * sums[per_thread + i]
                    if residual is not None:
                        value = value + float32(residual[0, token, first + i])
                    out[0, token, first + i] = cast(value, out_dtype)

    return build_kernel(write)


def _products(matrix: Matrix, rows: list[Expression], spec: Linear, x, norm) -> list[Expression]:
    """Emits the sum over K of every row and returns the finished values."""
    count = len(rows)
    total = local("float32", count)
    squares = local("float32")
    for i in range(count):
        total[i] = tirx.const(0.0, "float32")
    squares[0] = tirx.const(0.0, "float32")

    def element(k: Expression, value) -> Expression:
        """One x, normalized except for the common factor, which is applied at the end."""
        value[0] = x(k)
        if spec.normalized:
            squares[0] = squares[0] + value[0] * value[0]
            value[0] = value[0] * float32(norm[k])
        return value[0]

    if matrix.quantized:
        part = local("float32", count)
        plain = local("float32")
        words = local("uint32", count)
        value = local("float32")
        with loop(spec.columns // GROUP_SIZE) as group:
            # sum((q - 8) * s * x) = s * (sum(q * x) - 8 * sum(x)): one subtraction a group instead of one a weight.
            plain[0] = tirx.const(0.0, "float32")
            for i in range(count):
                part[i] = tirx.const(0.0, "float32")
            with loop(WORDS_PER_GROUP) as w:
                for i in range(count):
                    words[i] = matrix.word(rows[i], group * WORDS_PER_GROUP + w)
                for j in range(VALUES_PER_WORD):
                    element((group * WORDS_PER_GROUP + w) * VALUES_PER_WORD + j, value)
                    plain[0] = plain[0] + value[0]
                    for i in range(count):
                        part[i] = part[i] + value[0] * nibble(words[i], j)
            for i in range(count):
                total[i] = total[i] + matrix.scale(rows[i], group) * (part[i] - float(ZERO_POINT) * plain[0])
    else:
        value = local("float32")
        with loop(spec.columns) as k:
            element(k, value)
            for i in range(count):
                total[i] = total[i] + value[0] * matrix.value(rows[i], k)
    if spec.normalized:
        squares[0] = tirx.rsqrt(squares[0] / float(spec.columns) + spec.epsilon)
        for i in range(count):
            total[i] = total[i] * squares[0]
    return [total[i] for i in range(count)]
