"""Reading a model back from the folder that WebLLM loads."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from .byte_level_tokenizer import ByteLevelTokenizer, checked_tokenizer
from .errors import ForgeError
from .llama_config import LlamaConfig
from .model_source import Matrix, SourceNotes, checked_shape, parts_of
from .quantization import QuantizedRows, unpack_words
from .read_json import read_json_object
from .schemes import parameter_shapes, scheme_named, weights
from .webllm_folder import CHAT_CONFIG_FILE, INDEX_FILE, TOKENIZER_FILE, read_parameters


class WebllmSource:
    """A `ModelSource` over a model folder that this forge wrote.

    Raises:
        ForgeError: a file is missing or damaged, or the folder was written by another tool.
    """

    def __init__(self, folder: Path) -> None:
        chat = read_json_object(folder / CHAT_CONFIG_FILE)
        manifest = read_json_object(folder / "manifest.json", optional=True)
        self.scheme = scheme_named(str(chat.get("quantization")))
        self.config = LlamaConfig.from_hugging_face(chat.get("model_config") or {})
        self.tokenizer = _tokenizer(folder, chat, manifest)
        license_id = manifest.get("license", {}).get("spdx")
        self.notes = SourceNotes(name=manifest.get("name"), license=license_id)
        self.manifest = manifest
        self._parameters = read_parameters(folder)
        for name, shape, dtype in parameter_shapes(self.config, self.scheme):
            stored = self._parameters.get(name)
            if stored is None:
                raise ForgeError(f"parameter {name} is missing from {folder / INDEX_FILE}")
            checked_shape(name, stored.shape, shape)
            if stored.dtype.name != dtype:
                raise ForgeError(f"parameter {name} is {stored.dtype.name}; scheme {self.scheme.name} has {dtype}")
        self._places = {
            part: (weight.name, first, count)
            for weight in weights(self.config)
            if weight.rows is not None
            for part, first, count in _with_offsets(parts_of(weight, self.config))
        }

    def matrix(self, part: str, rows: int, columns: int) -> Matrix:
        stem, first, count = self._places[part]
        checked_shape(part, (count, columns), (rows, columns))
        if not self.scheme.quantized:
            stored = self._parameters[f"{stem}.weight"]
            return Matrix(part, rows, columns, partial(_read_float, stored, first))
        words, scales = self._parameters[f"{stem}.q_weight"], self._parameters[f"{stem}.q_scale"]
        read = partial(_read_quantized, part, words, scales, first)
        return Matrix(part, rows, columns, lambda start, stop: read(start, stop).weights(), read)

    def norm(self, name: str, length: int) -> npt.NDArray[np.float32]:
        stored = self._parameters[name]
        checked_shape(name, stored.shape, (length,))
        return np.asarray(stored).astype(np.float32)


def _with_offsets(parts: list[tuple[str, int]]) -> Iterator[tuple[str, int, int]]:
    first = 0
    for part, rows in parts:
        yield part, first, rows
        first += rows


def _read_float(stored: npt.NDArray[Any], first: int, start: int, stop: int) -> npt.NDArray[np.float32]:
    return np.asarray(stored[first + start : first + stop]).astype(np.float32)


def _read_quantized(
    name: str, words: npt.NDArray[Any], scales: npt.NDArray[Any], first: int, start: int, stop: int
) -> QuantizedRows:
    place = slice(first + start, first + stop)
    wide = np.asarray(scales[place])
    with np.errstate(over="ignore"):
        narrow = wide.astype(np.float16)
    if not np.array_equal(narrow.astype(wide.dtype), wide, equal_nan=True):
        raise ForgeError(
            f"a scale of {name} is not a float16 number, so that it cannot be repacked without loss",
            "Only folders written by this forge can be converted back.",
        )
    return QuantizedRows(unpack_words(np.asarray(words[place])), narrow)


def _tokenizer(folder: Path, chat: dict[str, Any], manifest: dict[str, Any]) -> ByteLevelTokenizer:
    """The folder's tokenizer; its special tokens come from the chat configuration, its Jinja from the manifest."""
    path = folder / TOKENIZER_FILE
    document = read_json_object(path)
    plain = checked_tokenizer(ByteLevelTokenizer(document), str(path))
    texts = {identity: text for text, identity in plain.ids.items()}
    conversation = chat.get("conv_template") or {}
    return checked_tokenizer(
        ByteLevelTokenizer(
            document=document,
            bos_token=texts.get(chat.get("bos_token_id")),  # type: ignore[arg-type]
            eos_token=texts.get(chat.get("eos_token_id")),  # type: ignore[arg-type]
            pad_token=texts.get(chat.get("pad_token_id")),  # type: ignore[arg-type]
            stop_token_ids=tuple(conversation.get("stop_token_ids") or ()),
            chat_template=manifest.get("chat_template", {}).get("jinja"),
        ),
        str(path),
    )
