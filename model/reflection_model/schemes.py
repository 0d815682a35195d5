"""The numeric schemes of a model folder, and the parameters that each one stores.

In the two 4-bit schemes a weight is `(q - 8) * scale` with q in 0..15 and one scale per 32 weights along K: the numbers
of GGUF's Q4_0. Scales are rounded to float16 even where they are stored as float32, so that the formats are repacks of
each other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .errors import ForgeError
from .llama_config import LlamaConfig

GROUP_SIZE = 32
"""Weights along K that share one scale."""

VALUES_PER_WORD = 8
"""4-bit values in one uint32; value j of a row sits in word j // 8 at bits 4 * (j % 8)."""

BYTES_PER_ELEMENT = {"float32": 4, "float16": 2, "uint32": 4}


@dataclass(frozen=True)
class Scheme:
    """How matrices, norms and activations are stored.

    Args:
        name: as on the command line.
        quantized: whether matrices are 4-bit; otherwise they are stored in `activation_dtype`.
        scale_dtype: type of the stored scales; None when nothing is quantized.
        activation_dtype: type of activations, norm weights and the KV cache. Logits are always float32.
        required_features: WebGPU features that a library of this scheme needs.
    """

    name: str
    quantized: bool
    scale_dtype: str | None
    activation_dtype: str
    required_features: tuple[str, ...]


SCHEMES: dict[str, Scheme] = {
    scheme.name: scheme
    for scheme in (
        Scheme("q4f32", True, "float32", "float32", ()),
        Scheme("q4f16", True, "float16", "float16", ("shader-f16",)),
        Scheme("q0f32", False, None, "float32", ()),
    )
}


def scheme_named(name: str) -> Scheme:
    """Looks a scheme up.

    Raises:
        ForgeError: there is none of this name.
    """
    if name not in SCHEMES:
        raise ForgeError(f"unknown scheme {name!r}", f"Schemes: {', '.join(SCHEMES)}.")
    return SCHEMES[name]


@dataclass(frozen=True)
class Weight:
    """One weight of the model before quantization.

    Args:
        name: the parameter's stem: a matrix without suffix, a norm with `.weight`.
        rows: output features N of a matrix; None for a norm.
        columns: input features K of a matrix, or the length of a norm.
    """

    name: str
    rows: int | None
    columns: int


def weights(config: LlamaConfig) -> Iterator[Weight]:
    """All weights, in the order in which parameters are passed to the compiled functions."""
    yield Weight("model.embed_tokens", config.vocab_size, config.hidden_size)
    for layer in range(config.num_hidden_layers):
        prefix = f"model.layers.{layer}."
        yield Weight(prefix + "input_layernorm.weight", None, config.hidden_size)
        rows = config.attention_size + 2 * config.key_value_size
        yield Weight(prefix + "self_attn.qkv_proj", rows, config.hidden_size)
        yield Weight(prefix + "self_attn.o_proj", config.hidden_size, config.attention_size)
        yield Weight(prefix + "post_attention_layernorm.weight", None, config.hidden_size)
        yield Weight(prefix + "mlp.gate_up_proj", 2 * config.intermediate_size, config.hidden_size)
        yield Weight(prefix + "mlp.down_proj", config.hidden_size, config.intermediate_size)
    yield Weight("model.norm.weight", None, config.hidden_size)
    if not config.tie_word_embeddings:
        yield Weight("lm_head", config.vocab_size, config.hidden_size)


def weight_parameters(weight: Weight, scheme: Scheme) -> list[tuple[str, tuple[int, ...], str]]:
    """The parameters (name, shape, dtype) that store one weight.

    Raises:
        ForgeError: a matrix cannot be stored in this scheme (K is not a multiple of 32, or a float16 tensor whose bytes
            are not a multiple of 4, which WebGPU cannot copy).
    """
    if weight.rows is None:
        parameters = [(weight.name, (weight.columns,), scheme.activation_dtype)]
    elif not scheme.quantized:
        parameters = [(f"{weight.name}.weight", (weight.rows, weight.columns), scheme.activation_dtype)]
    else:
        if weight.columns % GROUP_SIZE:
            raise ForgeError(
                f"{weight.name} has {weight.columns} columns, not a multiple of {GROUP_SIZE}",
                "4-bit schemes store one scale per 32 weights along K; choose q0f32 or other model dimensions.",
            )
        assert scheme.scale_dtype is not None
        parameters = [
            (f"{weight.name}.q_weight", (weight.rows, weight.columns // VALUES_PER_WORD), "uint32"),
            (f"{weight.name}.q_scale", (weight.rows, weight.columns // GROUP_SIZE), scheme.scale_dtype),
        ]
    for name, shape, dtype in parameters:
        if byte_count(shape, dtype) % 4:
            raise ForgeError(
                f"{name} with shape {list(shape)} and type {dtype} is not a multiple of 4 bytes",
                "WebGPU copies whole words: give the model an even number of rows, or choose a float32 scheme.",
            )
    return parameters


def byte_count(shape: tuple[int, ...], dtype: str) -> int:
    """Bytes of a tensor with this shape and type."""
    count = BYTES_PER_ELEMENT[dtype]
    for extent in shape:
        count *= extent
    return count


def parameter_shapes(config: LlamaConfig, scheme: Scheme | str) -> list[tuple[str, tuple[int, ...], str]]:
    """All parameters (name, shape, dtype), in the order of a library's metadata and of `tensor-cache.json`.

    Raises:
        ForgeError: the scheme is unknown or cannot store this model.
    """
    chosen = scheme_named(scheme) if isinstance(scheme, str) else scheme
    return [parameter for weight in weights(config) for parameter in weight_parameters(weight, chosen)]
