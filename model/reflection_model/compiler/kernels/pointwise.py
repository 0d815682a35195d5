"""What stands between matrix products: RMSNorm, and on real GPUs SwiGLU's gate."""

from __future__ import annotations

from tvm import tirx

from .builder import (
    Kernel,
    barrier,
    build_kernel,
    cast,
    ceil_div,
    float32,
    local,
    loop,
    named,
    shared,
    size,
    threads,
    when,
)

THREADS = 64
SOFTWARE_THREADS = 4
ELEMENTWISE_THREADS = 256


def rms_norm(width: int, epsilon: float, dtype: str, last_row: bool, workgroup: int = THREADS) -> tirx.PrimFunc:
    """Arguments: x [1, n, width], weight [width], output of the same shape, or [1, 1, width] of the last token.

    A token has a workgroup; a software GPU wants it small, as each of its threads adds up what all have found.
    """

    def write(kernel: Kernel) -> None:
        tokens = size()
        x = kernel.tensor((1, tokens, width), dtype)
        weight = kernel.tensor((width,), dtype)
        out_tokens = 1 if last_row else tokens
        out = kernel.tensor((1, out_tokens, width), dtype)
        with threads(workgroup, out_tokens) as (token, thread):
            sums = shared("float32", workgroup)
            total = local("float32")
            source = tokens - 1 if last_row else token
            total[0] = tirx.const(0.0, "float32")
            with loop(ceil_div(width, workgroup)) as step:
                k = step * workgroup + thread
                with when(k < width):
                    value = named(float32(x[0, source, k]))
                    total[0] = total[0] + value * value
            sums[thread] = total[0]
            barrier()
            total[0] = tirx.const(0.0, "float32")
            with loop(workgroup) as i:
                total[0] = total[0] + sums[i]
            total[0] = tirx.rsqrt(total[0] / float(width) + epsilon)
            with loop(ceil_div(width, workgroup)) as step:
                k = step * workgroup + thread
                with when(k < width):
                    out[0, token, k] = cast(float32(x[0, source, k]) * total[0] * float32(weight[k]), dtype)

    return build_kernel(write)


def gate(width: int, dtype: str) -> tirx.PrimFunc:
    """SwiGLU's product: arguments gate then up [1, n, 2 * width], output silu(gate) * up [1, n, width]."""

    def write(kernel: Kernel) -> None:
        tokens = size()
        both = kernel.tensor((1, tokens, 2 * width), dtype)
        out = kernel.tensor((1, tokens, width), dtype)
        with threads(ELEMENTWISE_THREADS, ceil_div(tokens * width, ELEMENTWISE_THREADS)) as (block, thread):
            item = block * ELEMENTWISE_THREADS + thread
            with when(item < tokens * width):
                token, index = item // width, item % width
                value = local("float32")
                value[0] = float32(both[0, token, index])
                value[0] = value[0] / (1.0 + tirx.exp(-value[0])) * float32(both[0, token, index + width])
                out[0, token, index] = cast(value[0], dtype)

    return build_kernel(write)
