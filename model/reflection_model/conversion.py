"""Turning a model source into a WebLLM folder or a GGUF file, block of rows by block of rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from .byte_level_tokenizer import ByteLevelTokenizer
from .errors import ForgeError
from .gguf_files.writer import write_gguf
from .llama_config import LlamaConfig
from .model_source import Matrix, ModelSource, SourceNotes, checked_finite, parts_of
from .progress import Progress
from .quantization import BLOCK_BYTES, QuantizationError, QuantizedRows, pack_words, quantize_rows, to_blocks
from .schemes import GROUP_SIZE, Scheme, weight_parameters, weights
from .webllm_folder import ShardWriter

_WEIGHTS_AT_ONCE = 1 << 22  # 16 MiB of float32: what a conversion holds besides the matrix that it is packing


@dataclass
class ConversionReport:
    """What quantization did to each matrix.

    Args:
        scheme: of the output.
        tensors: in the order of writing.
        norm_weights: weights of the norms, which are never quantized.
        norm_bytes: bytes of the norms.
    """

    scheme: str
    tensors: list[QuantizationError] = field(default_factory=list)
    norm_weights: int = 0
    norm_bytes: int = 0

    def add_matrix(self, name: str, bits: int, rows: int, columns: int) -> QuantizationError:
        """Begins a matrix that is stored in so many bits; its errors are added to what is returned."""
        error = QuantizationError(name, bits / (rows * columns))
        self.tensors.append(error)
        return error

    def add_norm(self, stored: npt.NDArray[np.floating]) -> None:
        """Counts a norm."""
        self.norm_weights += stored.size
        self.norm_bytes += stored.nbytes

    @property
    def weight_count(self) -> int:
        """All weights of the model, norms included."""
        return self.norm_weights + sum(tensor.weights for tensor in self.tensors)

    @property
    def bits_per_weight(self) -> float:
        """Stored bits over all weights."""
        matrix_bits = sum(tensor.weights * tensor.bits_per_weight for tensor in self.tensors)
        return (matrix_bits + 8 * self.norm_bytes) / self.weight_count

    def as_json(self) -> dict[str, Any]:
        """The report as a JSON object; errors are in the weights' own unit unless relative."""
        return {
            "scheme": self.scheme,
            "weights": self.weight_count,
            "bits_per_weight": self.bits_per_weight,
            "tensors": [
                {
                    "name": tensor.name,
                    "weights": tensor.weights,
                    "bits_per_weight": tensor.bits_per_weight,
                    "relative_rms_error": tensor.relative_rms,
                    "largest_error": tensor.maximum,
                }
                for tensor in self.tensors
            ],
        }

    def as_table(self) -> str:
        """The report for a terminal."""
        width = max((len(tensor.name) for tensor in self.tensors), default=4)
        lines = [f"{'tensor':<{width}}  {'weights':>11}  {'bits':>5}  {'rel. RMS':>9}  {'largest':>9}"]
        lines += [
            f"{tensor.name:<{width}}  {tensor.weights:>11,}  {tensor.bits_per_weight:>5.2f}  "
            f"{tensor.relative_rms:>9.5f}  {tensor.maximum:>9.5f}"
            for tensor in self.tensors
        ]
        lines.append(f"{self.weight_count:,} weights, {self.bits_per_weight:.3f} bits a weight")
        return "\n".join(lines)


class FittedSource:
    """A source whose embedding has exactly one row for each token.

    Many models pad their vocabulary. A padded row still yields a logit, a sampler can draw it, and no text belongs to
    it. Zeroing such rows does not help: a logit of zero can win, and with tied embeddings there is no separate output
    row. Leaving the rows out is exact: their softmax weight goes where a mask of minus infinity would put it.

    Args:
        source: to read from.
        trim: whether padded rows may be left out; otherwise they are refused.

    Raises:
        ForgeError: there are padded rows and `trim` is false, ids inside the vocabulary without a token, or tokens
            without a row.
    """

    def __init__(self, source: ModelSource, trim: bool) -> None:
        rows, tokens = source.config.vocab_size, source.tokenizer.size
        if tokens > rows:
            raise ForgeError(
                f"the tokenizer has {tokens} tokens but the embedding only {rows} rows",
                "Tokenizer and weights belong to different models.",
            )
        unnamed = sorted(set(range(tokens)) - set(source.tokenizer.ids.values()))
        if unnamed:
            raise ForgeError(
                f"{len(unnamed)} ids have an embedding but no token, the first is {unnamed[0]}",
                "The model could produce them and nothing could be shown: add placeholder tokens to tokenizer.json.",
            )
        if tokens < rows and not trim:
            raise ForgeError(
                f"the embedding has {rows} rows but the tokenizer only {tokens} tokens; "
                "the padded rows could be sampled",
                "Pass --trim-vocabulary to leave them out, and compile the library with vocab_size "
                f"{tokens} (mlc-chat-config.json will say so in model_config).",
            )
        self._source = source
        self.config: LlamaConfig = replace(source.config, vocab_size=tokens)
        self.tokenizer: ByteLevelTokenizer = source.tokenizer
        self.notes: SourceNotes = source.notes

    def matrix(self, part: str, rows: int, columns: int) -> Matrix:
        return self._source.matrix(part, rows, columns)

    def norm(self, name: str, length: int) -> npt.NDArray[np.float32]:
        value = self._source.norm(name, length)
        checked_finite(name, value)
        return value


def write_shards(folder: Path, source: FittedSource, scheme: Scheme) -> ConversionReport:
    """Writes parameter shards and their index.

    Args:
        folder: exists; files of the same names are overwritten.
        source: to convert.
        scheme: to store parameters in.

    Raises:
        ForgeError: the scheme cannot hold this model, or a tensor is missing, misshapen or not finite.
    """
    config = source.config
    report = ConversionReport(scheme.name)
    # Asked for every parameter at once: a scheme that does not fit is refused before the first byte, not after an hour.
    plan = [(weight, weight_parameters(weight, scheme)) for weight in weights(config)]
    progress = Progress("converting", len(plan))
    with ShardWriter(folder) as shards:
        for index, (weight, parameters) in enumerate(plan):
            if weight.rows is None:
                norm = _norm_as(source.norm(weight.name, weight.columns), weight.name, scheme.activation_dtype)
                report.add_norm(norm)
                shards.add(weight.name, norm)
            else:
                stored = [np.empty(shape, dtype) for _, shape, dtype in parameters]
                error = report.add_matrix(
                    weight.name, 8 * sum(value.nbytes for value in stored), weight.rows, weight.columns
                )
                first = 0
                for part, rows in parts_of(weight, config):
                    matrix = source.matrix(part, rows, weight.columns)
                    if scheme.quantized:
                        for start, block in _quantized_blocks(matrix, error):
                            place = slice(first + start, first + start + len(block.scales))
                            stored[0][place] = pack_words(block.values)
                            stored[1][place] = block.scales
                    else:
                        for start, floats in _float_blocks(matrix, error):
                            stored[0][first + start : first + start + len(floats)] = floats
                    first += rows
                for (name, _, _), value in zip(parameters, stored, strict=True):
                    shards.add(name, value)
            progress.update(index + 1, weight.name)
        shards.finish(report.weight_count)
    progress.finish()
    return report


def write_gguf_file(path: Path, source: FittedSource, scheme: Scheme) -> ConversionReport:
    """Writes a GGUF file: Q4_0 for the 4-bit schemes, F32 for `q0f32`.

    Args:
        path: of the file; overwritten.
        source: to convert.
        scheme: whose kind of numbers is stored; both 4-bit schemes give the same file.

    Raises:
        ForgeError: as `write_shards`, or GGUF cannot express the tokenizer.
    """
    kind = "Q4_0" if scheme.quantized else "F32"
    report = ConversionReport(kind)
    matrices = 0
    for weight in weights(source.config):
        weight_parameters(weight, scheme)  # refuses what the scheme cannot hold
        matrices += len(parts_of(weight, source.config)) if weight.rows is not None else 0
    progress = Progress("converting", matrices)

    def part(name: str, rows: int, columns: int) -> npt.NDArray[np.generic]:
        matrix = source.matrix(name, rows, columns)
        stored: npt.NDArray[Any]
        if scheme.quantized:
            stored = np.empty((rows, columns // GROUP_SIZE * BLOCK_BYTES), np.uint8)
            error = report.add_matrix(name, 8 * stored.nbytes, rows, columns)
            for start, block in _quantized_blocks(matrix, error):
                stored[start : start + len(block.scales)] = to_blocks(block)
        else:
            stored = np.empty((rows, columns), np.float32)
            error = report.add_matrix(name, 8 * stored.nbytes, rows, columns)
            for start, floats in _float_blocks(matrix, error):
                stored[start : start + len(floats)] = floats
        progress.update(len(report.tensors), name)
        return stored

    def norm(name: str, length: int) -> npt.NDArray[np.float32]:
        value = source.norm(name, length)
        report.add_norm(value)
        return value

    write_gguf(path, source.config, source.tokenizer, source.notes, scheme.quantized, part, norm)
    progress.finish()
    return report


def _row_ranges(matrix: Matrix) -> Iterator[tuple[int, int]]:
    step = max(1, _WEIGHTS_AT_ONCE // matrix.columns)
    for start in range(0, matrix.rows, step):
        yield start, min(start + step, matrix.rows)


def _quantized_blocks(matrix: Matrix, error: QuantizationError) -> Iterator[tuple[int, QuantizedRows]]:
    """A matrix as Q4_0 numbers (first row, rows): taken over where the source has them, quantized elsewhere."""
    for start, stop in _row_ranges(matrix):
        if matrix.read_quantized is not None:
            taken = matrix.read_quantized(start, stop)
            checked_finite(matrix.name, taken.scales)
            error.add_exact(taken.values.size)
            yield start, taken
        else:
            original = matrix.read_float(start, stop)
            checked_finite(matrix.name, original)
            quantized = quantize_rows(original)
            error.add(original, quantized.weights())
            yield start, quantized


def _float_blocks(matrix: Matrix, error: QuantizationError) -> Iterator[tuple[int, npt.NDArray[np.float32]]]:
    for start, stop in _row_ranges(matrix):
        values = matrix.read_float(start, stop)
        checked_finite(matrix.name, values)
        error.add_exact(values.size)
        yield start, values


def _norm_as(value: npt.NDArray[np.float32], name: str, dtype: str) -> npt.NDArray[np.floating]:
    with np.errstate(over="ignore"):
        stored = value.astype(dtype)
    if not np.isfinite(stored).all():
        raise ForgeError(f"tensor {name} has values beyond {dtype}", "Choose scheme q4f32.")
    return stored
