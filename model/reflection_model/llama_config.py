"""The architecture numbers of a Llama-like model, read from a Hugging Face `config.json` or from a preset."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from .errors import ForgeError

LLAMA3_ROPE_FIELDS = ("factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings")

# Fields that change the arithmetic, with the only values that this forge's kernels compute; absent means the first.
_FIXED_FIELDS: dict[str, tuple[Any, ...]] = {
    "model_type": ("llama",),
    "hidden_act": ("silu",),
    "attention_bias": (False, None),
    "mlp_bias": (False, None),
    "sliding_window": (None,),
    "use_sliding_window": (False, None),
    "partial_rotary_factor": (1, 1.0, None),
    "attn_logit_softcapping": (None,),
    "final_logit_softcapping": (None,),
    "num_local_experts": (None,),
    "quantization_config": (None,),
}


@dataclass(frozen=True)
class LlamaConfig:
    """A Llama architecture, with the field names of Hugging Face's `config.json`.

    Args:
        hidden_size: width of the residual stream.
        intermediate_size: width of the SwiGLU feed-forward layer.
        num_hidden_layers: number of transformer blocks.
        num_attention_heads: query heads; a multiple of `num_key_value_heads`.
        num_key_value_heads: key/value heads (grouped-query attention).
        head_dim: width of one head; even, since RoPE rotates pairs.
        vocab_size: rows of the embedding, which is also the number of logits.
        rms_norm_eps: added to the mean square in RMSNorm.
        rope_theta: base of the rotary frequencies.
        rope_scaling: None for plain RoPE, or a dict with `rope_type` "llama3" and the fields `LLAMA3_ROPE_FIELDS`.
        tie_word_embeddings: whether the embedding doubles as the output projection.
        max_position_embeddings: positions that the model was made for; a library may be compiled for fewer.
    """

    hidden_size: int
    intermediate_size: int
    num_hidden_layers: int
    num_attention_heads: int
    num_key_value_heads: int
    head_dim: int
    vocab_size: int
    rms_norm_eps: float
    rope_theta: float
    rope_scaling: dict[str, Any] | None
    tie_word_embeddings: bool
    max_position_embeddings: int

    def __post_init__(self) -> None:
        for field in (
            "hidden_size",
            "intermediate_size",
            "num_hidden_layers",
            "num_attention_heads",
            "num_key_value_heads",
            "head_dim",
            "vocab_size",
            "max_position_embeddings",
        ):
            value = getattr(self, field)
            if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
                raise ForgeError(f"{field} must be a positive whole number, not {value!r}")
        for field in ("rms_norm_eps", "rope_theta"):
            value = getattr(self, field)
            if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value) or value <= 0:
                raise ForgeError(f"{field} must be a positive number, not {value!r}")
        if self.num_attention_heads % self.num_key_value_heads:
            raise ForgeError(
                f"num_attention_heads ({self.num_attention_heads}) must be a multiple of "
                f"num_key_value_heads ({self.num_key_value_heads})"
            )
        if self.head_dim % 2:
            raise ForgeError(f"head_dim must be even for rotary embeddings, not {self.head_dim}")

    @property
    def attention_size(self) -> int:
        """Width of all query heads together; the input width of `o_proj`."""
        return self.num_attention_heads * self.head_dim

    @property
    def key_value_size(self) -> int:
        """Width of all key heads together, and of all value heads together."""
        return self.num_key_value_heads * self.head_dim

    @classmethod
    def from_hugging_face(cls, config: dict[str, Any]) -> LlamaConfig:
        """Reads a parsed `config.json`.

        Accepts `rope_theta` with `rope_scaling`, and the newer `rope_parameters` that holds both.

        Raises:
            ForgeError: a field is missing or wrong, or asks for arithmetic that is not plain Llama (biases, another
                activation, sliding windows, other rotary scalings, experts, weights that are already quantized).
        """
        for field, allowed in _FIXED_FIELDS.items():
            if field in config and config[field] not in allowed:
                raise ForgeError(
                    f"config field {field} is {config[field]!r}; only {allowed[0]!r}, as in plain Llama, is supported"
                )
        architectures = config.get("architectures")
        if architectures and list(architectures) != ["LlamaForCausalLM"]:
            raise ForgeError(f"config field architectures is {architectures!r}; only LlamaForCausalLM is supported")

        def required(field: str) -> Any:
            if config.get(field) is None:
                raise ForgeError(f"config field {field} is missing")
            return config[field]

        heads = required("num_attention_heads")
        hidden_size = required("hidden_size")
        head_dim = config.get("head_dim")
        if head_dim is None:
            if not isinstance(heads, int) or not isinstance(hidden_size, int) or heads <= 0 or hidden_size % heads:
                raise ForgeError(
                    f"config has no head_dim and hidden_size {hidden_size!r} is not a multiple of "
                    f"num_attention_heads {heads!r}"
                )
            head_dim = hidden_size // heads
        rope_theta, rope_scaling = _rope(config)
        return cls(
            hidden_size=hidden_size,
            intermediate_size=required("intermediate_size"),
            num_hidden_layers=required("num_hidden_layers"),
            num_attention_heads=heads,
            num_key_value_heads=heads if config.get("num_key_value_heads") is None else config["num_key_value_heads"],
            head_dim=head_dim,
            vocab_size=required("vocab_size"),
            rms_norm_eps=required("rms_norm_eps"),
            rope_theta=rope_theta,
            rope_scaling=rope_scaling,
            tie_word_embeddings=bool(config.get("tie_word_embeddings", False)),
            max_position_embeddings=required("max_position_embeddings"),
        )

    def to_hugging_face(self) -> dict[str, Any]:
        """The fields as a `config.json` that `from_hugging_face` reads back unchanged."""
        return {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu", **asdict(self)}


def _rope(config: dict[str, Any]) -> tuple[float, dict[str, Any] | None]:
    """The rotary base and the checked scaling, from either generation of field names."""
    parameters = config.get("rope_parameters")
    theta = config.get("rope_theta")
    if parameters is not None:
        if not isinstance(parameters, dict):
            raise ForgeError(f"config field rope_parameters must be an object, not {parameters!r}")
        theta = parameters.get("rope_theta", theta)
        scaling = {name: value for name, value in parameters.items() if name != "rope_theta"}
    else:
        scaling = config.get("rope_scaling")
    # 10000 is the base of the first Llama models, whose config.json does not name it.
    theta = 10000.0 if theta is None else theta
    if not scaling:
        return theta, None
    if not isinstance(scaling, dict):
        raise ForgeError(f"config field rope_scaling must be an object, not {scaling!r}")
    if scaling.get("partial_rotary_factor") not in _FIXED_FIELDS["partial_rotary_factor"]:
        raise ForgeError("config asks for a partial_rotary_factor; only full rotary embeddings are supported")
    kind = scaling.get("rope_type", scaling.get("type", "default"))
    if kind == "default":
        return theta, None
    if kind != "llama3":
        raise ForgeError(f"rope_scaling of type {kind!r} is not supported; only plain RoPE and 'llama3'")
    for field in LLAMA3_ROPE_FIELDS:
        value = scaling.get(field)
        if not isinstance(value, int | float) or isinstance(value, bool) or value <= 0:
            raise ForgeError(f"rope_scaling field {field} must be a positive number, not {value!r}")
    return theta, {"rope_type": "llama3", **{field: scaling[field] for field in LLAMA3_ROPE_FIELDS}}


def preset_names() -> list[str]:
    """Names of the presets that ship with the package, sorted."""
    folder = resources.files(__package__) / "presets"
    return sorted(entry.name.removesuffix(".json") for entry in folder.iterdir() if entry.name.endswith(".json"))


def load_config(name_or_path: str | Path) -> LlamaConfig:
    """Loads a preset by name, or a `config.json` (or the folder that holds one) by path.

    Raises:
        ForgeError: neither exists, the file is not JSON, or the model is not a plain Llama.
    """
    name = str(name_or_path)
    if name in preset_names():
        text = (resources.files(__package__) / "presets" / f"{name}.json").read_text(encoding="utf-8")
        return LlamaConfig.from_hugging_face(json.loads(text))
    path = Path(name_or_path)
    if path.is_dir():
        path = path / "config.json"
    if not path.is_file():
        raise ForgeError(f"{name} is neither a preset nor a config.json", f"Presets: {', '.join(preset_names())}.")
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ForgeError(f"{path} is not JSON: {error}") from error
    if not isinstance(config, dict):
        raise ForgeError(f"{path} must hold a JSON object")
    return LlamaConfig.from_hugging_face(config)
