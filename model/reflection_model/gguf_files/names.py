"""Names and row order of Llama tensors in a GGUF file."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..llama_config import LlamaConfig

ROPE_FACTORS = "rope_freqs.weight"
"""Divisors of the rotary frequencies [head_dim / 2], present where the frequencies are scaled."""

_TOP = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}
_IN_LAYER = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


def gguf_name(name: str) -> str:
    """The GGUF name of a Hugging Face tensor, each with or without `.weight`."""
    stem = name.removesuffix(".weight")
    if stem in _TOP:
        return f"{_TOP[stem]}.weight"
    _, _, layer, rest = stem.split(".", 3)
    return f"blk.{layer}.{_IN_LAYER[rest]}.weight"


def all_names(config: LlamaConfig) -> set[str]:
    """Every tensor that a GGUF file of this model may hold."""
    names = {f"{name}.weight" for name in _TOP.values()} | {ROPE_FACTORS}
    for layer in range(config.num_hidden_layers):
        names |= {f"blk.{layer}.{name}.weight" for name in _IN_LAYER.values()}
    return names


def rotary_heads(part: str, config: LlamaConfig) -> int:
    """Heads of a matrix whose rows a GGUF file stores in another order, or 0."""
    if part.endswith(".self_attn.q_proj"):
        return config.num_attention_heads
    if part.endswith(".self_attn.k_proj"):
        return config.num_key_value_heads
    return 0


def stored_rows(heads: int, head_dim: int) -> npt.NDArray[np.intp]:
    """For each row in Hugging Face's order, the row of a GGUF file that holds it.

    Hugging Face rotates row i of a head together with row i + head_dim / 2; GGUF stores such pairs next to each other.
    """
    rows = np.arange(heads * head_dim).reshape(heads, head_dim // 2, 2)
    return np.ascontiguousarray(rows.swapaxes(1, 2)).reshape(-1)
