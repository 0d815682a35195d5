"""Reading a Llama model from a GGUF file."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import numpy.typing as npt
from gguf import GGMLQuantizationType as Kind

from ..errors import ForgeError
from ..llama_config import LlamaConfig
from ..model_source import Matrix, SourceNotes, checked_matrix, checked_shape
from ..quantization import QuantizedRows, from_blocks
from ..rope_scaling import rope_divisors
from .names import ROPE_FACTORS, all_names, gguf_name, rotary_heads, stored_rows
from .tokenizer import read_tokenizer

READABLE_TYPES = (
    Kind.F32,
    Kind.F16,
    Kind.BF16,
    Kind.Q8_0,
    Kind.Q4_0,
    Kind.Q4_1,
    Kind.Q5_0,
    Kind.Q5_1,
    Kind.Q4_K,
    Kind.Q5_K,
    Kind.Q6_K,
)
"""Tensor types that are read. Besides 4 and 6 bits, files of mixed type hold some tensors in 5 and 8."""

# GGUF stores the rotary divisors, not the four numbers that they were computed from. These are the scalings of the
# published Llama 3.1 and 3.2 models; a file with other divisors is refused rather than approximated.
_LOW, _HIGH, _ORIGINAL_WINDOW = 1.0, 4.0, 8192


class GgufSource:
    """A `ModelSource` over a GGUF file.

    Raises:
        ForgeError: the file is damaged, or is not a plain Llama with a byte-level tokenizer.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._reader = _open(path)
        self._tensors = {tensor.name: tensor for tensor in self._reader.tensors}
        architecture = self._value("general.architecture")
        if architecture != "llama":
            raise ForgeError(f"{path} is a model of architecture {architecture}; only llama is supported")
        if (self._value("split.count") or 1) > 1:
            raise ForgeError(f"{path} is one part of a split model", "Merge the parts first (gguf-split --merge).")
        self.tokenizer = read_tokenizer(self._value, str(path))
        self.config = self._config()
        self.notes = SourceNotes(name=self._value("general.name"), license=self._value("general.license"))
        others = sorted(set(self._tensors) - all_names(self.config))
        if others:
            raise ForgeError(
                f"{path}: tensor {others[0]} does not belong to a plain Llama "
                f"of {self.config.num_hidden_layers} layers ({len(others)} such tensors)"
            )

    def matrix(self, part: str, rows: int, columns: int) -> Matrix:
        name = gguf_name(part)
        tensor = self._tensor(name)
        shape = tuple(int(extent) for extent in reversed(tensor.shape))
        checked_matrix(part, name, shape, (rows, columns))
        heads = rotary_heads(part, self.config)
        places = stored_rows(heads, self.config.head_dim) if heads else None
        return Matrix(
            name,
            rows,
            columns,
            read_float=partial(_read_float, tensor, places),
            read_quantized=partial(_read_quantized, tensor, places) if tensor.tensor_type == Kind.Q4_0 else None,
        )

    def norm(self, name: str, length: int) -> npt.NDArray[np.float32]:
        tensor = self._tensor(gguf_name(name))
        checked_shape(tensor.name, tuple(int(extent) for extent in reversed(tensor.shape)), (length,))
        return np.ascontiguousarray(gguf.dequantize(tensor.data, tensor.tensor_type), dtype=np.float32)

    def _tensor(self, name: str) -> gguf.ReaderTensor:
        tensor = self._tensors.get(name)
        if tensor is None:
            raise ForgeError(f"tensor {name} is missing from {self._path}")
        if tensor.tensor_type not in READABLE_TYPES:
            raise ForgeError(
                f"{self._path}: tensor {name} has type {tensor.tensor_type.name}",
                f"Readable types: {', '.join(kind.name for kind in READABLE_TYPES)}.",
            )
        return tensor

    def _value(self, key: str) -> Any:
        field = self._reader.fields.get(key)
        return None if field is None else field.contents()

    def _number(self, key: str) -> Any:
        value = self._value(f"llama.{key}")
        if value is None:
            raise ForgeError(f"{self._path}: metadata llama.{key} is missing")
        if isinstance(value, list):
            raise ForgeError(
                f"{self._path}: metadata llama.{key} differs between layers, which plain Llama does not have"
            )
        # GGUF holds float32; its shortest decimal is what the model's configuration said (1e-05, not 9.9999997e-06).
        return float(str(np.float32(value))) if isinstance(value, float) else value

    def _config(self) -> LlamaConfig:
        if (self._value("llama.expert_count") or 0) > 0:
            raise ForgeError(f"{self._path} is a mixture of experts; only plain Llama is supported")
        if (self._value("llama.rope.scaling.type") or "none") != "none":
            kind = self._value("llama.rope.scaling.type")
            raise ForgeError(f"{self._path}: metadata llama.rope.scaling.type is {kind}, which is not supported")
        heads = self._number("attention.head_count")
        hidden_size = self._number("embedding_length")
        head_dim = self._value("llama.attention.key_length") or hidden_size // heads
        for key in ("llama.rope.dimension_count", "llama.attention.value_length"):
            if (self._value(key) or head_dim) != head_dim:
                raise ForgeError(f"{self._path}: metadata {key} is {self._value(key)}, not the head width {head_dim}")
        theta = 10000.0 if self._value("llama.rope.freq_base") is None else self._number("rope.freq_base")
        scaling = None
        if ROPE_FACTORS in self._tensors:
            scaling = self._scaling(theta, head_dim)
        embedding = self._tensor("token_embd.weight")
        return LlamaConfig(
            hidden_size=hidden_size,
            intermediate_size=self._number("feed_forward_length"),
            num_hidden_layers=self._number("block_count"),
            num_attention_heads=heads,
            num_key_value_heads=self._value("llama.attention.head_count_kv")
            and self._number("attention.head_count_kv")
            or heads,
            head_dim=head_dim,
            vocab_size=int(embedding.shape[1]),
            rms_norm_eps=self._number("attention.layer_norm_rms_epsilon"),
            rope_theta=theta,
            rope_scaling=scaling,
            tie_word_embeddings="output.weight" not in self._tensors,
            max_position_embeddings=self._number("context_length"),
        )

    def _scaling(self, theta: float, head_dim: int) -> dict[str, Any] | None:
        divisors = np.asarray(self._tensor(ROPE_FACTORS).data, dtype=np.float64).reshape(-1)
        if np.allclose(divisors, 1.0):
            return None
        scaling = {
            "rope_type": "llama3",
            "factor": float(divisors.max()),
            "low_freq_factor": _LOW,
            "high_freq_factor": _HIGH,
            "original_max_position_embeddings": _ORIGINAL_WINDOW,
        }
        expected = rope_divisors(scaling, theta, head_dim)
        if divisors.shape != expected.shape or not np.allclose(divisors, expected, rtol=1e-4):
            raise ForgeError(
                f"{self._path}: {ROPE_FACTORS} is not the rotary scaling of Llama 3.1 or 3.2",
                "Convert from the Hugging Face folder, whose config.json names the scaling.",
            )
        return scaling


def _open(path: Path) -> gguf.GGUFReader:
    if not path.is_file():
        raise ForgeError(f"{path} is missing")
    try:
        reader = gguf.GGUFReader(path)
    # The reader indexes past the end of a damaged file, so that what it raises depends on where the damage is.
    except (ValueError, IndexError, KeyError, OSError, OverflowError, UnicodeDecodeError, TypeError) as error:
        raise ForgeError(
            f"{path} is not a readable GGUF file, or is cut short: {error}", "Copy or download it again."
        ) from error
    if reader.byte_order != "I":
        raise ForgeError(f"{path} is a big-endian GGUF file, which is not supported")
    return reader


def _stored(tensor: gguf.ReaderTensor, places: npt.NDArray[np.intp] | None, start: int, stop: int) -> npt.NDArray[Any]:
    """Rows in Hugging Face's order, as the file stores each of them."""
    return np.asarray(tensor.data[start:stop] if places is None else tensor.data[places[start:stop]])


def _read_float(
    tensor: gguf.ReaderTensor, places: npt.NDArray[np.intp] | None, start: int, stop: int
) -> npt.NDArray[np.float32]:
    stored = _stored(tensor, places, start, stop)
    return np.ascontiguousarray(gguf.dequantize(stored, tensor.tensor_type), dtype=np.float32)


def _read_quantized(
    tensor: gguf.ReaderTensor, places: npt.NDArray[np.intp] | None, start: int, stop: int
) -> QuantizedRows:
    return from_blocks(_stored(tensor, places, start, stop))
