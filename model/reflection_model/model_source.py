"""What a conversion reads from: a model whose matrices come in blocks of rows, so that none is in memory whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from .byte_level_tokenizer import ByteLevelTokenizer
from .errors import ForgeError
from .llama_config import LlamaConfig
from .quantization import QuantizedRows
from .schemes import Weight

ReadFloat = Callable[[int, int], npt.NDArray[np.float32]]
ReadQuantized = Callable[[int, int], QuantizedRows]


@dataclass(frozen=True)
class Matrix:
    """A matrix of the source.

    Args:
        name: as the source calls it, for messages.
        rows: output features.
        columns: input features.
        read_float: float32 weights [stop - start, columns] of rows start to stop.
        read_quantized: the same rows as stored, when the source already holds Q4_0 numbers; otherwise None.
    """

    name: str
    rows: int
    columns: int
    read_float: ReadFloat
    read_quantized: ReadQuantized | None = None


@dataclass(frozen=True)
class SourceNotes:
    """What a source says about itself, for a manifest that is not told otherwise.

    Args:
        name: display name, or None.
        license: SPDX identifier in the source's own spelling, or None.
    """

    name: str | None = None
    license: str | None = None


class ModelSource(Protocol):
    """A Llama model to convert from. Matrices are in Hugging Face's row order, whatever the file's."""

    config: LlamaConfig
    tokenizer: ByteLevelTokenizer
    notes: SourceNotes

    def matrix(self, part: str, rows: int, columns: int) -> Matrix:
        """The unstacked matrix of this name, such as `model.layers.0.self_attn.q_proj`.

        Raises:
            ForgeError: it is missing, or not [rows, columns].
        """
        ...

    def norm(self, name: str, length: int) -> npt.NDArray[np.float32]:
        """The norm weight of this name, such as `model.norm.weight`, float32 [length].

        Raises:
            ForgeError: it is missing, or not of this length.
        """
        ...


def parts_of(weight: Weight, config: LlamaConfig) -> list[tuple[str, int]]:
    """The matrices (name, rows) that are stacked into one weight, in order."""
    assert weight.rows is not None
    stem, _, last = weight.name.rpartition(".")
    if last == "qkv_proj":
        return [
            (f"{stem}.q_proj", config.attention_size),
            (f"{stem}.k_proj", config.key_value_size),
            (f"{stem}.v_proj", config.key_value_size),
        ]
    if last == "gate_up_proj":
        return [(f"{stem}.gate_proj", config.intermediate_size), (f"{stem}.up_proj", config.intermediate_size)]
    return [(weight.name, weight.rows)]


def checked_shape(name: str, found: tuple[int, ...], expected: tuple[int, ...]) -> None:
    """Raises ForgeError unless a tensor has the shape that the configuration asks for."""
    if tuple(found) != expected:
        raise ForgeError(
            f"tensor {name} has shape {list(found)}; the configuration asks for {list(expected)}",
            "The weights and the configuration belong to different models, or the file is damaged.",
        )


def checked_matrix(part: str, name: str, found: tuple[int, ...], expected: tuple[int, int]) -> None:
    """Raises ForgeError unless a matrix has the shape that is asked for.

    An embedding may hold more rows: a conversion that trims the vocabulary leaves its last ones out.

    Args:
        part: as in `parts_of`.
        name: as the source calls it.
        found: shape in the source.
        expected: rows and columns.
    """
    trimmed = part in ("model.embed_tokens", "lm_head") and len(found) == 2 and found[0] > expected[0]
    checked_shape(name, (expected[0], found[1]) if trimmed else found, expected)


def checked_finite(name: str, values: npt.NDArray[np.floating]) -> None:
    """Raises ForgeError if a tensor holds NaN or infinity."""
    if not np.isfinite(values).all():
        raise ForgeError(
            f"tensor {name} holds NaN or infinite values",
            "The training run that wrote it diverged, or the file is damaged; such a model cannot be used.",
        )
