"""Writing a Llama model as a GGUF file, tensor by tensor."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import gguf
import numpy as np
import numpy.typing as npt

from ..byte_level_tokenizer import ByteLevelTokenizer
from ..llama_config import LlamaConfig
from ..model_source import SourceNotes, parts_of
from ..quantization import BLOCK_BYTES
from ..rope_scaling import rope_divisors
from ..schemes import GROUP_SIZE, weights
from .names import ROPE_FACTORS, gguf_name, rotary_heads, stored_rows
from .tokenizer import write_tokenizer

ReadPart = Callable[[str, int, int], npt.NDArray[np.generic]]
ReadNorm = Callable[[str, int], npt.NDArray[np.float32]]


def write_gguf(
    path: Path,
    config: LlamaConfig,
    tokenizer: ByteLevelTokenizer,
    notes: SourceNotes,
    quantized: bool,
    read_part: ReadPart,
    read_norm: ReadNorm,
) -> None:
    """Writes the file. One matrix at a time is in memory.

    Args:
        path: of the file; overwritten.
        config: of the model.
        tokenizer: with the chat template that goes into the metadata.
        notes: name and licence for the metadata.
        quantized: whether matrices are Q4_0; otherwise float32. Norms are float32 either way.
        read_part: (name, rows, columns) gives an unstacked matrix in Hugging Face's row order: uint8 Q4_0 blocks
            [rows, columns / 32 * 18], or float32 [rows, columns].
        read_norm: (name, length) gives a norm weight, float32 [length].

    Raises:
        ForgeError: GGUF cannot express the tokenizer, or what reading raises.
    """
    writer = gguf.GGUFWriter(path=None, arch="llama")
    _add_metadata(writer, config, tokenizer, notes, quantized)
    plan: list[tuple[str, int | None, int]] = []
    for weight in weights(config):
        if weight.rows is None:
            plan.append((weight.name, None, weight.columns))
        else:
            plan.extend((part, rows, weight.columns) for part, rows in parts_of(weight, config))
    for name, rows, columns in plan:
        if rows is None:
            writer.add_tensor_info(gguf_name(name), (columns,), np.dtype(np.float32), columns * 4)
        elif quantized:
            row_bytes = columns // GROUP_SIZE * BLOCK_BYTES
            writer.add_tensor_info(
                gguf_name(name),
                (rows, row_bytes),
                np.dtype(np.uint8),
                rows * row_bytes,
                raw_dtype=gguf.GGMLQuantizationType.Q4_0,
            )
        else:
            writer.add_tensor_info(gguf_name(name), (rows, columns), np.dtype(np.float32), rows * columns * 4)
    divisors = None
    if config.rope_scaling is not None:
        divisors = rope_divisors(config.rope_scaling, config.rope_theta, config.head_dim).astype(np.float32)
        writer.add_tensor_info(ROPE_FACTORS, divisors.shape, divisors.dtype, divisors.nbytes)
    writer.write_header_to_file(path)
    try:
        writer.write_kv_data_to_file()
        writer.write_ti_data_to_file()
        for name, rows, columns in plan:
            if rows is None:
                writer.write_tensor_data(read_norm(name, columns))
                continue
            matrix = read_part(name, rows, columns)
            heads = rotary_heads(name, config)
            if heads:
                stored = np.empty_like(matrix)
                stored[stored_rows(heads, config.head_dim)] = matrix
                matrix = stored
            writer.write_tensor_data(matrix)
        if divisors is not None:
            writer.write_tensor_data(divisors)
    finally:
        writer.close()


def _add_metadata(
    writer: gguf.GGUFWriter, config: LlamaConfig, tokenizer: ByteLevelTokenizer, notes: SourceNotes, quantized: bool
) -> None:
    if notes.name:
        writer.add_name(notes.name)
    if notes.license:
        writer.add_license(notes.license)
    kind = gguf.LlamaFileType.MOSTLY_Q4_0 if quantized else gguf.LlamaFileType.ALL_F32
    writer.add_file_type(int(kind))
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    writer.add_vocab_size(config.vocab_size)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_key_length(config.head_dim)
    writer.add_value_length(config.head_dim)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_dimension_count(config.head_dim)
    writer.add_rope_freq_base(config.rope_theta)
    write_tokenizer(writer, tokenizer, config.vocab_size)
