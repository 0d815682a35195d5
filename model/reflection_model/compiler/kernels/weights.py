"""Reading a stored weight matrix [N, K] inside a kernel, whatever the scheme stores."""

from __future__ import annotations

from typing import Any

from tvm import tirx
from tvm.script.ir_builder import tirx as T

from ...schemes import GROUP_SIZE, VALUES_PER_WORD, Scheme
from .builder import Expression, Kernel, cast, float32

WORDS_PER_GROUP = GROUP_SIZE // VALUES_PER_WORD
ZERO_POINT = 8
"""What is subtracted from a stored 4-bit value, as in GGUF's Q4_0."""


class Matrix:
    """The arguments that hold a matrix: packed words and scales, or plain numbers.

    Args:
        kernel: gets one or two tensor arguments.
        rows, columns: N and K.
        scheme: how the matrix is stored.
    """

    def __init__(self, kernel: Kernel, rows: int, columns: int, scheme: Scheme) -> None:
        self.quantized = scheme.quantized
        if scheme.quantized:
            self._words: Any = kernel.tensor((rows, columns // VALUES_PER_WORD), "uint32")
            self._scales: Any = kernel.tensor((rows, columns // GROUP_SIZE), scheme.scale_dtype)
        else:
            self._values: Any = kernel.tensor((rows, columns), scheme.activation_dtype)

    def word(self, row: Expression, index: Expression) -> Expression:
        """Eight packed values of a row; `index` counts words."""
        return self._words[row, index]

    def scale(self, row: Expression, group: Expression) -> Expression:
        """The float32 scale of a group of 32 values."""
        return float32(self._scales[row, group])

    def value(self, row: Expression, column: Expression) -> Expression:
        """One number of a matrix that is not quantized."""
        return float32(self._values[row, column])


def nibble(word: Expression, position: int) -> Expression:
    """Value `position` of eight as float32, still with the zero point: 0 to 15."""
    shifted = T.shift_right(word, tirx.const(4 * position, "uint32")) if position else word
    masked = T.bitwise_and(shifted, tirx.const(15, "uint32")) if position < VALUES_PER_WORD - 1 else shifted
    return cast(masked, "float32")


def nibble_in_place(word: Expression, position: int) -> Expression:
    """Value `position` of eight as float32, times 16 ** `position`; still with the zero point.

    Nothing is shifted: on SwiftShader, products that shift took twice as long.
    """
    masked = T.bitwise_and(word, tirx.const(15 << (4 * position), "uint32"))
    # Processors have an instruction that converts signed numbers; unsigned ones take several.
    signed = cast(masked, "int32") if position < VALUES_PER_WORD - 1 else masked
    return cast(signed, "float32")
