"""How much GPU memory a model needs, and the largest buffer in it. The formulae are part of the manifest."""

from __future__ import annotations

from dataclasses import dataclass

from .llama_config import LlamaConfig
from .schemes import BYTES_PER_ELEMENT, Scheme, byte_count, parameter_shapes

PAGE_TOKENS = 16
"""Tokens in one page of WebLLM's KV cache."""

FORMULAE = {
    "weights": "bytes of all parameters",
    "kv_cache": (
        "layers * (ceil(context_window / 16) + 1) pages * 2 (keys, values) * kv_heads * 16 tokens * head_dim * "
        "bytes of an activation"
    ),
    "workspace": (
        "estimate: prefill_chunk * (3 * hidden + 3 * attention + 4 * kv + 3 * intermediate) * bytes of an activation "
        "+ prefill_chunk * heads * 8 + 6 * vocabulary * 4; attention = heads * head_dim, kv = kv_heads * head_dim"
    ),
}


@dataclass(frozen=True)
class GpuMemory:
    """Bytes of GPU memory.

    Args:
        weights: of all parameters.
        kv_cache: of all pages of the cache, allocated at load for the whole window.
        workspace: of activations during prefill, the cache's temporary arrays and the sampler's; an estimate from
            above, since the compiler lets some of them share memory.
        largest_buffer: the largest single buffer, which a device must be able to bind.
    """

    weights: int
    kv_cache: int
    workspace: int
    largest_buffer: int

    @property
    def total(self) -> int:
        """All of it, in bytes."""
        return self.weights + self.kv_cache + self.workspace


def gpu_memory(config: LlamaConfig, scheme: Scheme, context_window: int, prefill_chunk: int) -> GpuMemory:
    """Computes the memory by `FORMULAE`.

    The cache's layout is that of TVM's paged KV cache, which rounds the window up to pages and adds one.

    Args:
        config: of the model.
        scheme: of parameters and activations.
        context_window: tokens.
        prefill_chunk: tokens that are taken at once.
    """
    sizes = [byte_count(shape, dtype) for _, shape, dtype in parameter_shapes(config, scheme)]
    activation = BYTES_PER_ELEMENT[scheme.activation_dtype]
    pages = -(-context_window // PAGE_TOKENS) + 1
    layer_cache = pages * 2 * config.key_value_size * PAGE_TOKENS * activation
    token_width = (
        3 * config.hidden_size + 3 * config.attention_size + 4 * config.key_value_size + 3 * config.intermediate_size
    )
    workspace = (
        prefill_chunk * token_width * activation
        + prefill_chunk * config.num_attention_heads * 8
        + 6 * config.vocab_size * 4
    )
    chunk_buffer = prefill_chunk * 2 * config.intermediate_size * activation
    return GpuMemory(
        weights=sum(sizes),
        kv_cache=config.num_hidden_layers * layer_cache,
        workspace=workspace,
        largest_buffer=max(*sizes, layer_cache, chunk_buffer),
    )
