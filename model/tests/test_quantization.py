import gguf
import numpy as np
import numpy.typing as npt
import pytest

from reflection_model.errors import ForgeError
from reflection_model.quantization import (
    QuantizationError,
    QuantizedRows,
    from_blocks,
    pack_words,
    quantize_rows,
    to_blocks,
    unpack_words,
)

Q4_0 = gguf.GGMLQuantizationType.Q4_0
DISTRIBUTIONS = {
    "normal": lambda random: random.standard_normal((300, 32)),
    "heavy tails": lambda random: random.standard_t(3, (300, 32)),
    "uniform": lambda random: random.uniform(-1, 1, (300, 32)),
    "one sided": lambda random: random.exponential(1, (300, 32)),
}


def squared_errors(stored: npt.NDArray[np.floating], weights: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    return ((stored.astype(np.float64) - weights.astype(np.float64)) ** 2).sum(1)


def smallest_possible_error(group: npt.NDArray[np.float64]) -> float:
    """The least squared error of one group over every scale, of either sign, before the scale is rounded."""
    best = float(group @ group)
    for signed in (group, -group):
        magnitudes = np.abs(signed[signed != 0])
        # Between two of these the rounded integers do not change.
        changes = np.sort(((np.arange(9) + 0.5)[:, None] / magnitudes).ravel())
        inverse_scales = np.concatenate([changes[:1] / 2, (changes[1:] + changes[:-1]) / 2])
        integers = np.clip(np.rint(signed * inverse_scales[:, None]), -8, 7)
        squares = (integers**2).sum(1)
        gains = np.divide((integers @ signed) ** 2, squares, out=np.zeros_like(squares), where=squares > 0)
        best = min(best, float(group @ group) - float(gains.max()))
    return best


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_error_is_close_to_the_smallest_possible(distribution: str) -> None:
    weights = DISTRIBUTIONS[distribution](np.random.default_rng(1)).astype(np.float32)
    ours = squared_errors(quantize_rows(weights).weights(), weights).sum()
    possible = sum(smallest_possible_error(group.astype(np.float64)) for group in weights)
    assert ours <= 1.006 * possible
    reference = gguf.dequantize(gguf.quantize(weights, Q4_0), Q4_0)
    assert ours < 0.95 * squared_errors(reference, weights).sum()


def test_is_never_worse_than_the_reference_quantizer() -> None:
    weights = (np.random.default_rng(2).standard_t(3, (2000, 32)) * 0.02).astype(np.float32)
    reference = squared_errors(gguf.dequantize(gguf.quantize(weights, Q4_0), Q4_0), weights)
    assert (squared_errors(quantize_rows(weights).weights(), weights) <= reference * (1 + 1e-5)).all()


@pytest.mark.parametrize("highest", [1, 2, 3, 4, 5, 6, 7])
@pytest.mark.parametrize("lowest", [-8, -7, -5, -1, 0])
def test_weights_on_a_grid_come_through_exactly(lowest: int, highest: int) -> None:
    random = np.random.default_rng(3)
    integers = random.integers(lowest, highest + 1, (500, 64)).astype(np.float32)
    scales = (random.standard_normal((500, 2)) * 10.0 ** random.integers(-6, 4, (500, 2))).astype(np.float16)
    weights = (integers.reshape(500, 2, 32) * scales.astype(np.float32)[:, :, None]).reshape(500, 64)
    np.testing.assert_array_equal(quantize_rows(weights).weights(), weights)


def test_any_q4_0_file_survives_being_read_as_weights() -> None:
    random = np.random.default_rng(4)
    values = random.integers(0, 16, (400, 96), dtype=np.uint8)
    scales = random.standard_normal((400, 3)).astype(np.float16)
    weights = QuantizedRows(values, scales).weights()
    np.testing.assert_array_equal(quantize_rows(weights).weights(), weights)


def test_zeros_and_tiny_weights_become_zeros() -> None:
    weights = np.zeros((3, 32), np.float32)
    weights[1] = 1e-30
    weights[2, 5] = 1e-45
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        np.testing.assert_array_equal(quantize_rows(weights).weights(), np.zeros((3, 32)))


def test_magnitudes_from_smallest_to_largest_raise_no_warning() -> None:
    magnitudes = 10.0 ** np.arange(-44, 6, dtype=np.float64)[:, None]
    weights = (np.random.default_rng(9).standard_normal((50, 32)) * magnitudes).clip(-8 * 65504, 8 * 65504)
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        stored = quantize_rows(weights.astype(np.float32)).weights()
    errors, sizes = squared_errors(stored, weights), squared_errors(np.zeros((50, 32)), weights)
    assert (errors <= sizes * (1 + 1e-6)).all()
    # Scales below float16's normal numbers lose precision, and below its smallest number everything.
    assert (errors[magnitudes[:, 0] >= 1e-3] < 0.02 * sizes[magnitudes[:, 0] >= 1e-3]).all()


def test_uses_the_whole_range_of_float16_scales() -> None:
    weights = np.zeros((1, 32), np.float32)
    weights[0, :2] = 8 * 65504, -3 * 65504
    np.testing.assert_array_equal(quantize_rows(weights).weights(), weights)
    with pytest.raises(ForgeError, match="too large"):
        quantize_rows(weights * 1.01)


def test_refuses_rows_that_do_not_fill_groups() -> None:
    with pytest.raises(ForgeError, match="48 columns"):
        quantize_rows(np.zeros((2, 48), np.float32))


def test_words_hold_value_j_at_bits_4j() -> None:
    values = np.random.default_rng(5).integers(0, 16, (3, 64), dtype=np.uint8)
    words = pack_words(values)
    assert words.shape == (3, 8)
    for row in range(3):
        for j in range(64):
            assert (int(words[row, j // 8]) >> 4 * (j % 8)) & 15 == values[row, j]
    np.testing.assert_array_equal(unpack_words(words), values)


def test_blocks_are_those_of_gguf() -> None:
    blocks = gguf.quantize(np.random.default_rng(6).standard_normal((7, 96)).astype(np.float32), Q4_0)
    rows = from_blocks(blocks)
    np.testing.assert_array_equal(rows.weights(), gguf.dequantize(blocks, Q4_0))
    np.testing.assert_array_equal(to_blocks(rows), blocks)


def test_error_adds_up_over_blocks_of_rows() -> None:
    random = np.random.default_rng(7)
    original = random.standard_normal((8, 32)).astype(np.float32)
    stored = (original + random.standard_normal((8, 32)) * 0.01).astype(np.float32)
    error = QuantizationError("matrix", 4.5)
    error.add(original[:3], stored[:3])
    error.add(original[3:], stored[3:])
    difference = (original - stored).astype(np.float64)
    assert error.weights == 256
    assert error.maximum == pytest.approx(np.abs(difference).max())
    assert error.relative_rms == pytest.approx(
        np.sqrt((difference**2).sum() / (original.astype(np.float64) ** 2).sum())
    )
