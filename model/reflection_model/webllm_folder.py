"""The model folder that WebLLM loads: parameter shards, their index, and the chat configuration.

WebLLM fetches each shard whole, so shards hold at most `SHARD_BYTES`. A tensor is never split between shards: one that
is larger gets a shard of its own, which is then as large as the tensor (262 MB for the embedding of Llama 3.1 8B).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from .byte_level_tokenizer import ByteLevelTokenizer
from .errors import ForgeError
from .llama_config import LlamaConfig
from .read_json import read_json_object
from .schemes import BYTES_PER_ELEMENT, Scheme, byte_count

INDEX_FILE = "tensor-cache.json"
CHAT_CONFIG_FILE = "mlc-chat-config.json"
TOKENIZER_FILE = "tokenizer.json"

SHARD_BYTES = 32_000_000
"""Largest shard of several tensors, bytes."""

LARGEST_TENSOR_BYTES = 1 << 30
"""WebLLM asks the GPU for bindings of at most this many bytes."""


class ShardWriter:
    """Writes parameters into shards in the order in which they come, and then their index.

    Use as a context manager; call `finish` after the last parameter.

    Args:
        folder: that the files go into.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._shards: list[dict[str, Any]] = []
        self._file: BinaryIO | None = None

    def __enter__(self) -> ShardWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def add(self, name: str, value: npt.NDArray[np.generic]) -> None:
        """Appends one parameter.

        Raises:
            ForgeError: it is larger than WebLLM can bind.
        """
        if value.nbytes > LARGEST_TENSOR_BYTES:
            raise ForgeError(
                f"parameter {name} has {value.nbytes} bytes; WebLLM can bind at most {LARGEST_TENSOR_BYTES}",
                "Choose a 4-bit scheme, or a model with a smaller vocabulary.",
            )
        if not self._shards or self._shards[-1]["nbytes"] + value.nbytes > SHARD_BYTES:
            self._close()
            data_path = f"params_shard_{len(self._shards)}.bin"
            self._file = (self._folder / data_path).open("wb")
            self._shards.append({"dataPath": data_path, "format": "raw-shard", "nbytes": 0, "records": []})
        shard = self._shards[-1]
        shard["records"].append(
            {
                "name": name,
                "shape": list(value.shape),
                "dtype": str(value.dtype),
                "format": "raw",
                "nbytes": value.nbytes,
                "byteOffset": shard["nbytes"],
            }
        )
        shard["nbytes"] += value.nbytes
        assert self._file is not None
        # The format is little-endian, as every machine that runs a browser with WebGPU is.
        np.ascontiguousarray(value, value.dtype.newbyteorder("<")).tofile(self._file)

    def finish(self, weight_count: int) -> int:
        """Writes the index.

        Args:
            weight_count: weights that the parameters stand for.

        Returns:
            Bytes of all parameters.
        """
        self._close()
        total = sum(shard["nbytes"] for shard in self._shards)
        index = {
            "metadata": {
                "ParamSize": sum(len(shard["records"]) for shard in self._shards),
                "ParamBytes": total,
                "BitsPerParam": 8 * total / weight_count,
            },
            "records": self._shards,
        }
        (self._folder / INDEX_FILE).write_text(json.dumps(index) + "\n", encoding="utf-8")
        return total

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def chat_config(
    config: LlamaConfig,
    scheme: Scheme,
    tokenizer: ByteLevelTokenizer,
    conversation: dict[str, Any],
    context_window: int,
    prefill_chunk: int,
    sampling: dict[str, float],
) -> dict[str, Any]:
    """The content of `mlc-chat-config.json`.

    WebLLM treats a missing window field as set and a missing sampling default as undefined, so that every one is given.

    Args:
        config: of the model.
        scheme: of the parameters.
        tokenizer: of the model.
        conversation: the `conv_template`.
        context_window: tokens of prompt and reply together.
        prefill_chunk: tokens that the library takes at once; the library's own number is what counts.
        sampling: `temperature`, `top_p`, `repetition_penalty`, `presence_penalty`, `frequency_penalty`.
    """
    special = {
        f"{name}_token_id": tokenizer.id_of(token)
        for name, token in (
            ("bos", tokenizer.bos_token),
            ("eos", tokenizer.eos_token),
            ("pad", tokenizer.pad_token),
        )
    }
    return {
        "version": "0.1.0",
        "model_type": "llama",
        "quantization": scheme.name,
        "model_config": config.to_hugging_face(),
        "vocab_size": config.vocab_size,
        "context_window_size": context_window,
        "prefill_chunk_size": prefill_chunk,
        "sliding_window_size": -1,
        "attention_sink_size": -1,
        "tensor_parallel_shards": 1,
        **sampling,
        "tokenizer_files": [TOKENIZER_FILE],
        "tokenizer_info": {
            "token_postproc_method": "byte_level",
            "prepend_space_in_encode": False,
            "strip_space_in_decode": False,
        },
        "conv_template": conversation,
        **{name: identity for name, identity in special.items() if identity is not None},
    }


def read_parameters(folder: Path) -> dict[str, npt.NDArray[Any]]:
    """Maps every parameter of a model folder; nothing is read until it is used.

    Raises:
        ForgeError: the index or a shard is missing, cut short or inconsistent.
    """
    index = read_json_object(folder / INDEX_FILE)
    parameters: dict[str, npt.NDArray[Any]] = {}
    for shard, record in _records(index, folder / INDEX_FILE):
        path = folder / shard["dataPath"]
        if not path.is_file():
            raise ForgeError(f"{path} is missing")
        begin, size = record["byteOffset"], record["nbytes"]
        if path.stat().st_size != shard["nbytes"] or begin + size > shard["nbytes"]:
            raise ForgeError(
                f"{path} has {path.stat().st_size} bytes; its index says {shard['nbytes']}",
                "The file is cut short or belongs to another model.",
            )
        if record["format"] != "raw" or record["dtype"] not in BYTES_PER_ELEMENT:
            raise ForgeError(f"parameter {record['name']} is stored as {record['format']} {record['dtype']}")
        shape = tuple(record["shape"])
        if byte_count(shape, record["dtype"]) != size:
            raise ForgeError(
                f"parameter {record['name']} has {size} bytes, which its shape {list(shape)} does not fill"
            )
        dtype = np.dtype(record["dtype"]).newbyteorder("<")
        parameters[record["name"]] = np.memmap(path, dtype, "r", offset=begin, shape=shape)
    return parameters


def _records(index: dict[str, Any], path: Path) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    try:
        for shard in index["records"]:
            for record in shard["records"]:
                for key in ("name", "shape", "dtype", "format", "nbytes", "byteOffset"):
                    record[key]
                shard["dataPath"], shard["nbytes"]
                yield shard, record
    except (KeyError, TypeError) as error:
        raise ForgeError(f"{path} is malformed: {error} is missing") from error
