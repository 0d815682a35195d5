"""Reading a Hugging Face folder: `config.json`, one or several safetensors files, and the tokenizer beside them."""

from __future__ import annotations

import json
import math
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from .byte_level_tokenizer import tokenizer_from_folder
from .errors import ForgeError
from .llama_config import LlamaConfig
from .model_source import Matrix, SourceNotes, checked_matrix, checked_shape
from .read_json import read_json_object

_TYPES = {"F32": "<f4", "F16": "<f2", "BF16": "<u2"}
_INDEX = "model.safetensors.index.json"

# Tensors that older exports hold besides the weights: rotary tables, which the configuration determines.
_IGNORED_SUFFIXES = ("rotary_emb.inv_freq",)


@dataclass(frozen=True)
class _Stored:
    """A tensor inside a file, of which only the rows that are asked for are read.

    Args:
        path: of the file.
        offset: of the first byte.
        shape: of the tensor.
        kind: its type, as the format spells it.
    """

    path: Path
    offset: int
    shape: tuple[int, ...]
    kind: str

    def rows(self, start: int, stop: int) -> npt.NDArray[np.float32]:
        """Rows start to stop as float32. A plain read: mapped pages would count as this process's memory."""
        dtype = np.dtype(_TYPES[self.kind])
        row = math.prod(self.shape[1:])
        part: npt.NDArray[Any] = np.fromfile(
            self.path, dtype, (stop - start) * row, offset=self.offset + start * row * dtype.itemsize
        ).reshape(-1, *self.shape[1:])
        if self.kind == "BF16":
            # bfloat16 is the upper half of a float32.
            return (part.astype(np.uint32) << np.uint32(16)).view(np.float32)
        return part.astype(np.float32)


def read_safetensors(path: Path) -> dict[str, _Stored]:
    """Finds every tensor of a safetensors file; nothing but the header is read until rows are asked for.

    The format: 8 bytes with the header's length, a JSON header with type, shape and byte range of each tensor, data.

    Raises:
        ForgeError: the file is missing, cut short, or malformed.
    """
    if not path.is_file():
        raise ForgeError(f"{path} is missing")
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(8)
        length = struct.unpack("<Q", start)[0] if len(start) == 8 else size
        if length > size - 8:
            raise ForgeError(f"{path} is not a safetensors file, or is cut short", "Copy or download it again.")
        try:
            header = json.loads(file.read(length))
        except (UnicodeDecodeError, json.JSONDecodeError) as error:
            raise ForgeError(f"{path} is not a safetensors file: its header is not JSON") from error
    if not isinstance(header, dict):
        raise ForgeError(f"{path} is not a safetensors file: its header is not an object")
    header.pop("__metadata__", None)
    tensors: dict[str, _Stored] = {}
    for name, entry in header.items():
        try:
            kind, shape, (begin, end) = entry["dtype"], tuple(entry["shape"]), entry["data_offsets"]
        except (KeyError, TypeError, ValueError) as error:
            raise ForgeError(f"{path}: the header's entry of tensor {name} is malformed") from error
        if kind not in _TYPES:
            raise ForgeError(f"{path}: tensor {name} has type {kind}; supported are {', '.join(_TYPES)}")
        begin, end = begin + 8 + length, end + 8 + length
        if end > size:
            raise ForgeError(
                f"{path} is cut short: tensor {name} ends at byte {end} of a file of {size} bytes",
                "Copy or download it again.",
            )
        if end - begin != np.dtype(_TYPES[kind]).itemsize * math.prod(shape):
            raise ForgeError(
                f"{path}: tensor {name} has {end - begin} bytes, which its shape {list(shape)} does not fill"
            )
        tensors[name] = _Stored(path, begin, shape, kind)
    return tensors


class SafetensorsSource:
    """A `ModelSource` over a Hugging Face folder with float32, float16 or bfloat16 weights.

    Raises:
        ForgeError: the folder lacks a file, or the model is not a plain Llama with a byte-level tokenizer.
    """

    def __init__(self, folder: Path) -> None:
        config = read_json_object(folder / "config.json")
        self.config = LlamaConfig.from_hugging_face(config)
        self.tokenizer = tokenizer_from_folder(folder, config)
        self.notes = SourceNotes(name=folder.resolve().name)
        self._folder = folder
        self._tensors = self._open()
        self._refuse_other_tensors()

    def matrix(self, part: str, rows: int, columns: int) -> Matrix:
        name = f"{part}.weight"
        stored = self._tensor(name)
        checked_matrix(part, name, stored.shape, (rows, columns))
        return Matrix(name, rows, columns, stored.rows)

    def norm(self, name: str, length: int) -> npt.NDArray[np.float32]:
        stored = self._tensor(name)
        checked_shape(name, stored.shape, (length,))
        return stored.rows(0, length)

    def _tensor(self, name: str) -> _Stored:
        if name not in self._tensors:
            raise ForgeError(f"tensor {name} is missing from {self._folder}")
        return self._tensors[name]

    def _open(self) -> dict[str, _Stored]:
        single, index_path = self._folder / "model.safetensors", self._folder / _INDEX
        if not index_path.is_file():
            if not single.is_file():
                raise ForgeError(
                    f"{self._folder} has neither model.safetensors nor {_INDEX}",
                    "Weights in other formats (pytorch_model.bin) must be saved as safetensors first.",
                )
            return read_safetensors(single)
        places = read_json_object(index_path).get("weight_map")
        if not isinstance(places, dict) or not places:
            raise ForgeError(f"{index_path} has no weight_map")
        tensors: dict[str, _Stored] = {}
        for file_name in sorted(set(places.values())):
            tensors.update(read_safetensors(self._folder / file_name))
        for name in places:
            if name not in tensors:
                raise ForgeError(f"tensor {name} is listed in {index_path} but is missing from {places[name]}")
        return tensors

    def _refuse_other_tensors(self) -> None:
        """A tensor that plain Llama does not have would be left out silently, and the model would answer nonsense."""
        layers = self.config.num_hidden_layers
        known = {"model.embed_tokens.weight", "model.norm.weight", "lm_head.weight"}
        for layer in range(layers):
            prefix = f"model.layers.{layer}."
            known |= {f"{prefix}{norm}.weight" for norm in ("input_layernorm", "post_attention_layernorm")}
            known |= {f"{prefix}self_attn.{letter}_proj.weight" for letter in "qkvo"}
            known |= {f"{prefix}mlp.{kind}_proj.weight" for kind in ("gate", "up", "down")}
        others = [name for name in self._tensors if name not in known and not name.endswith(_IGNORED_SUFFIXES)]
        if others:
            raise ForgeError(
                f"tensor {others[0]} does not belong to a plain Llama of {layers} layers ({len(others)} such tensors)"
            )
