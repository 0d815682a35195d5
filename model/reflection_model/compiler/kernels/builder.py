"""Small words over TVM's TIR builder, so that a kernel reads like the arithmetic it does.

A kernel is written as plain Python that emits TIR: Python's `for` and `if` decide at compile time, `loop`, `when` and
`repeat` become code on the GPU.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tvm import tirx
from tvm.script.ir_builder import IRBuilder
from tvm.script.ir_builder import tirx as T

Expression = Any
"""A TIR expression; operators on it build more of them."""


class Kernel:
    """One GPU function under construction: its arguments, then its body inside `threads`."""

    def tensor(self, shape: Sequence[Expression], dtype: str, offset: bool = False) -> Any:
        """Declares the next tensor argument and returns it for indexing.

        Args:
            shape: whole numbers, or symbols from `size`.
            dtype: element type.
            offset: whether the tensor may be a view that starts inside its buffer; its first element is then passed
                along with every call. The key-value cache passes such views of its index tables.
        """
        handle = T.arg(f"arg{len(self._tensors)}", T.handle())
        first = {"elem_offset": T.int32()} if offset else {}
        self._tensors.append(handle)
        return T.buffer_proxy(T.match_buffer(handle, list(shape), dtype, **first))

    def scalar(self, dtype: str) -> Expression:
        """Declares the next scalar argument."""
        self._tensors.append(None)
        return T.arg(f"arg{len(self._tensors) - 1}", tirx.Var(f"arg{len(self._tensors) - 1}", dtype))

    def __init__(self) -> None:
        self._tensors: list[Any] = []


def build_kernel(write: Callable[[Kernel], None]) -> tirx.PrimFunc:
    """Runs `write`, which declares arguments and emits the body, and returns the finished function."""
    with IRBuilder() as builder:
        with T.prim_func(is_private=True, s_tir=True):
            # Scheduled already: the automatic schedules must not touch it. Arguments never overlap unless in place.
            T.func_attr({"tirx.is_scheduled": True, "tirx.noalias": True})
            write(Kernel())
        return builder.get()


def size() -> Expression:
    """A symbol for an extent that is known when the kernel runs."""
    return T.int32()


@contextlib.contextmanager
def threads(width: int, *blocks: Expression) -> Iterator[tuple[Expression, ...]]:
    """Opens the body: a grid of one or two block axes of `width` threads.

    Yields the block indices, then the thread's index.
    """
    with contextlib.ExitStack() as stack:
        axes = [stack.enter_context(T.launch_thread(f"blockIdx.{'xy'[i]}", n)) for i, n in enumerate(blocks)]
        yield (*axes, stack.enter_context(T.launch_thread("threadIdx.x", width)))


def flat(tensor: Any) -> Callable[[Expression], Expression]:
    """Reads a tensor by one index over all of it, which can be computed before."""
    # The last index may leave its row: the rows lie one behind the other.
    return lambda index: tensor[*[0] * (len(tensor.shape) - 1), index]


def local(dtype: str, count: int = 1) -> Any:
    """Private memory of a thread."""
    return T.buffer_proxy(T.decl_buffer([count], dtype, scope="local"))


def shared(dtype: str, count: int) -> Any:
    """Memory shared by a workgroup."""
    return T.buffer_proxy(T.decl_buffer([count], dtype, scope="shared"))


def loop(count: Expression) -> Any:
    """A loop on the GPU; `with loop(n) as i`."""
    return T.serial(0, count)


@contextlib.contextmanager
def when(condition: Expression) -> Iterator[None]:
    """A branch on the GPU."""
    with T.If(condition), T.Then():
        yield


def named(value: Expression) -> Expression:
    """Computes a value once, here, under a name; it cannot change."""
    return T.bind(value)


def select(condition: Expression, yes: Expression, no: Expression) -> Expression:
    """Both sides are evaluated; one is taken."""
    return tirx.Select(condition, yes, no)


def barrier() -> None:
    """All threads of a workgroup wait for each other, and see what each wrote to shared memory."""
    T.evaluate(T.tvm_storage_sync("shared"))


def float32(value: Expression) -> Expression:
    """The value as float32."""
    return cast(value, "float32")


def cast(value: Expression, dtype: str) -> Expression:
    """The value as `dtype`."""
    return value.astype(dtype)


def ceil_div(value: Expression, by: int) -> Expression:
    """How many groups of `by` hold `value` things."""
    return (value + (by - 1)) // by


def sum_by_halves(values: Sequence[Expression]) -> Expression:
    """The sum by halves, which rounds less than one after the other."""
    if len(values) == 1:
        return values[0]
    middle = len(values) // 2
    return sum_by_halves(values[:middle]) + sum_by_halves(values[middle:])
