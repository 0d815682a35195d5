"""Four-bit quantization with the numbers of GGUF's Q4_0: `(value - 8) * scale`, one float16 scale per 32 weights.

The reference quantizer of Q4_0 takes the scale from the weight of largest magnitude alone. Here the scale and the
values are searched together for the least squared error, and weights that already lie on such a grid (from training
with quantization in the loop) come through without any error.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from .errors import ForgeError
from .schemes import GROUP_SIZE, VALUES_PER_WORD

BLOCK_BYTES = 2 + GROUP_SIZE // 2
"""Bytes of one Q4_0 block in a GGUF file: a float16 scale, then 32 values of 4 bits."""

LARGEST_SCALE = float(np.finfo(np.float16).max)

# The largest weight divided by the scale, tried for every group. The whole numbers are every place that the largest
# weight of an exact grid can have, so that such a grid is always found.
_WHOLE_EXTREMES = (-8.0, 7.0, -7.0, 6.0, -6.0, 5.0, -5.0, 4.0, -4.0, 3.0, -3.0, 2.0, -2.0, 1.0, -1.0)

# Between and beyond them, tried only for groups that are not on a grid. Beyond -8 the extreme is clipped for the good
# of the rest. With this list the squared error of normal, Student and uniform weights is within 0.4 % of the exhaustive
# optimum (the reference quantizer: 9 to 22 % above it); three times as many candidates gain another 0.1 to 0.2 %.
_FINE_EXTREMES = (-8.8, -8.4, -7.8, -7.6, -7.4, -7.2, 7.6, 7.3, 6.8, 6.6)

_REFINEMENTS = 2
_GROUPS_AT_ONCE = 2048  # 512 KiB of float64: the passes of the search stay in the processor's cache


@dataclass(frozen=True)
class QuantizedRows:
    """Rows of a quantized matrix.

    Args:
        values: uint8 [rows, K], each 0..15.
        scales: float16 [rows, K / 32].
    """

    values: npt.NDArray[np.uint8]
    scales: npt.NDArray[np.float16]

    def weights(self) -> npt.NDArray[np.float32]:
        """The float32 weights [rows, K] that the values stand for."""
        rows, columns = self.values.shape
        groups = self.values.reshape(rows, -1, GROUP_SIZE).astype(np.float32) - np.float32(8)
        return (groups * self.scales.astype(np.float32)[:, :, None]).reshape(rows, columns)


def quantize_rows(weights: npt.NDArray[np.float32]) -> QuantizedRows:
    """Quantizes float32 weights [rows, K], minimizing the squared error of each group of 32.

    Weights that equal `(value - 8) * scale` with a float16 scale in every group are reproduced exactly.

    Raises:
        ForgeError: K is not a multiple of 32, or a group needs a scale beyond float16.
    """
    rows, columns = weights.shape
    if columns % GROUP_SIZE:
        raise ForgeError(f"{columns} columns are not a multiple of {GROUP_SIZE}, the weights that share a scale")
    groups = np.ascontiguousarray(weights, dtype=np.float32).reshape(-1, GROUP_SIZE)
    values = np.empty(groups.shape, np.uint8)
    scales = np.empty(len(groups), np.float16)
    for start in range(0, len(groups), _GROUPS_AT_ONCE):
        part = slice(start, start + _GROUPS_AT_ONCE)
        values[part], scales[part] = _search(groups[part])
    return QuantizedRows(values.reshape(rows, columns), scales.reshape(rows, columns // GROUP_SIZE))


def _search(groups: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float16]]:
    """The best values [n, 32] and scales [n] found for groups [n, 32].

    Sums are taken in float64, where the order of adding them does not change which solution is best: the browser, which
    quantizes GGUF files in the same way (`worker/gguf/quantize-group.ts`), then finds the same numbers on any machine.
    """
    extreme = np.take_along_axis(groups, np.abs(groups).argmax(1)[:, None], 1)[:, 0]
    if np.abs(extreme).max(initial=0.0) > 8 * LARGEST_SCALE:
        raise ForgeError("a weight is too large for a 4-bit group: its scale would exceed float16")
    best = _Best(groups.astype(np.float64))
    best.drop_exact()  # groups of zeros, whose extreme cannot be divided by
    best.try_inverse_scales(_WHOLE_EXTREMES, extreme)
    best.drop_exact()
    best.try_inverse_scales(_FINE_EXTREMES, extreme)
    for _ in range(_REFINEMENTS):
        best.refine()
    return (best.integers + 8).astype(np.uint8), best.scales.astype(np.float16)


class _Best:
    """The best solution so far for each group [n, 32]; `active` are the rows that are still being searched."""

    def __init__(self, groups: npt.NDArray[np.float64]) -> None:
        self._groups = groups
        self._active = np.arange(len(groups))
        self._weights = groups
        self.integers = np.zeros(groups.shape, np.float64)
        self.scales = np.zeros(len(groups), np.float64)
        self._errors = np.einsum("ij,ij->i", groups, groups)

    def drop_exact(self) -> None:
        """Stops searching groups that have no error left."""
        self._active = np.flatnonzero(self._errors)
        self._weights = self._groups[self._active]

    def try_inverse_scales(self, extremes: tuple[float, ...], extreme_weight: npt.NDArray[np.float32]) -> None:
        """Tries the scales that put each group's extreme weight at the given numbers."""
        extreme = extreme_weight[self._active].astype(np.float64)
        for numerator in extremes:
            self._keep_better(numerator / extreme)

    def refine(self) -> None:
        """Rounds again with the scale that was best, which may suit other values."""
        scales = self.scales[self._active]
        self._keep_better(np.divide(1.0, scales, out=np.zeros_like(scales), where=scales != 0))

    def _keep_better(self, inverse_scales: npt.NDArray[np.float64]) -> None:
        weights = self._weights
        integers = weights * inverse_scales[:, None]
        np.rint(integers, out=integers)
        np.clip(integers, -8, 7, out=integers)
        squares = np.einsum("ij,ij->i", integers, integers)
        products = np.einsum("ij,ij->i", weights, integers)
        scales = np.divide(products, squares, out=np.zeros_like(products), where=squares != 0)
        np.clip(scales, -LARGEST_SCALE, LARGEST_SCALE, out=scales)
        scales = scales.astype(np.float16).astype(np.float64)
        difference = integers * scales[:, None]
        np.subtract(weights, difference, out=difference)
        errors = np.einsum("ij,ij->i", difference, difference)
        better = np.flatnonzero(errors < self._errors[self._active])
        rows = self._active[better]
        self.integers[rows] = integers[better]
        self.scales[rows] = scales[better]
        self._errors[rows] = errors[better]


def pack_words(values: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint32]:
    """Packs values [rows, K] of 0..15 into uint32 [rows, K / 8], value j at bits 4 * (j % 8) of word j // 8."""
    rows, columns = values.shape
    pairs = values[:, 0::2] | (values[:, 1::2] << np.uint8(4))
    return np.ascontiguousarray(pairs).view("<u4").reshape(rows, columns // VALUES_PER_WORD)


def unpack_words(words: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint8]:
    """The inverse of `pack_words`."""
    pairs = np.ascontiguousarray(words, dtype="<u4").view(np.uint8)
    values = np.empty((pairs.shape[0], pairs.shape[1] * 2), np.uint8)
    values[:, 0::2] = pairs & np.uint8(0x0F)
    values[:, 1::2] = pairs >> np.uint8(4)
    return values


def to_blocks(rows: QuantizedRows) -> npt.NDArray[np.uint8]:
    """Q4_0 blocks as a GGUF file holds them: uint8 [rows, K / 32 * 18].

    A block is its scale, then 16 bytes with value i in the low and value i + 16 in the high half of byte i.
    """
    count, columns = rows.values.shape
    groups = rows.values.reshape(count, columns // GROUP_SIZE, 2, GROUP_SIZE // 2)
    blocks = np.empty((count, columns // GROUP_SIZE, BLOCK_BYTES), np.uint8)
    blocks[:, :, :2] = np.ascontiguousarray(rows.scales, dtype="<f2").view(np.uint8).reshape(count, -1, 2)
    blocks[:, :, 2:] = groups[:, :, 0] | (groups[:, :, 1] << np.uint8(4))
    return blocks.reshape(count, -1)


def from_blocks(blocks: npt.NDArray[np.uint8]) -> QuantizedRows:
    """The inverse of `to_blocks`: the same numbers, without rounding."""
    count = blocks.shape[0]
    parts = blocks.reshape(count, -1, BLOCK_BYTES)
    scales = np.ascontiguousarray(parts[:, :, :2]).view("<f2").reshape(count, -1).astype(np.float16)
    packed = parts[:, :, 2:]
    values = np.concatenate([packed & np.uint8(0x0F), packed >> np.uint8(4)], axis=2)
    return QuantizedRows(values.reshape(count, -1), scales)


@dataclass
class QuantizationError:
    """Sums the error of one tensor over blocks of its rows.

    Args:
        name: the tensor.
        bits_per_weight: storage, scales included.
    """

    name: str
    bits_per_weight: float
    weights: int = 0
    maximum: float = 0.0
    _squared_error: float = field(default=0.0, repr=False)
    _squared_weight: float = field(default=0.0, repr=False)

    def add(self, original: npt.NDArray[np.float32], stored: npt.NDArray[np.float32]) -> None:
        """Adds a block of rows before and after quantization."""
        difference = np.subtract(original, stored).ravel()
        self.weights += original.size
        self.maximum = max(self.maximum, float(np.abs(difference).max(initial=0.0)))
        self._squared_error += float(np.dot(difference, difference))
        flat = original.ravel()
        self._squared_weight += float(np.dot(flat, flat))

    def add_exact(self, count: int) -> None:
        """Adds weights that were taken over as they are."""
        self.weights += count

    @property
    def relative_rms(self) -> float:
        """Root mean square of the error over that of the weights; 0 for a tensor of zeros or an exact one."""
        return (self._squared_error / self._squared_weight) ** 0.5 if self._squared_weight else 0.0
