import math

import pytest

from reflection_model.errors import ForgeError
from reflection_model.llama_config import LlamaConfig, load_config
from reflection_model.schemes import byte_count, parameter_shapes, scheme_named

# Parameter counts as their publishers state them: 1.24 B, 3.21 B, 8.03 B, 70.6 B, 134.5 M and 361.8 M.
PUBLISHED_COUNTS = {
    "llama-3.2-1b": 1_235_814_400,
    "llama-3.2-3b": 3_212_749_824,
    "llama-3.1-8b": 8_030_261_248,
    "llama-3.1-70b": 70_553_706_496,
    "smollm2-135m": 134_515_008,
    "smollm2-360m": 361_821_120,
}


def tiny(**changes: object) -> LlamaConfig:
    numbers: dict[str, object] = {
        "hidden_size": 64,
        "intermediate_size": 96,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "head_dim": 48,
        "vocab_size": 130,
        "rms_norm_eps": 1e-5,
        "rope_theta": 1e4,
        "rope_scaling": None,
        "tie_word_embeddings": False,
        "max_position_embeddings": 64,
    }
    return LlamaConfig(**(numbers | changes))  # type: ignore[arg-type]


def test_lists_parameters_in_the_contract_order() -> None:
    assert parameter_shapes(tiny(), "q4f32") == [
        ("model.embed_tokens.q_weight", (130, 8), "uint32"),
        ("model.embed_tokens.q_scale", (130, 2), "float32"),
        ("model.layers.0.input_layernorm.weight", (64,), "float32"),
        ("model.layers.0.self_attn.qkv_proj.q_weight", (192, 8), "uint32"),
        ("model.layers.0.self_attn.qkv_proj.q_scale", (192, 2), "float32"),
        ("model.layers.0.self_attn.o_proj.q_weight", (64, 12), "uint32"),
        ("model.layers.0.self_attn.o_proj.q_scale", (64, 3), "float32"),
        ("model.layers.0.post_attention_layernorm.weight", (64,), "float32"),
        ("model.layers.0.mlp.gate_up_proj.q_weight", (192, 8), "uint32"),
        ("model.layers.0.mlp.gate_up_proj.q_scale", (192, 2), "float32"),
        ("model.layers.0.mlp.down_proj.q_weight", (64, 12), "uint32"),
        ("model.layers.0.mlp.down_proj.q_scale", (64, 3), "float32"),
        ("model.norm.weight", (64,), "float32"),
        ("lm_head.q_weight", (130, 8), "uint32"),
        ("lm_head.q_scale", (130, 2), "float32"),
    ]


def test_float16_scheme_stores_scales_and_norms_as_float16() -> None:
    kinds = {name.rsplit(".", 1)[1]: dtype for name, _, dtype in parameter_shapes(tiny(), "q4f16")}
    assert kinds == {"q_weight": "uint32", "q_scale": "float16", "weight": "float16"}


@pytest.mark.parametrize("name", PUBLISHED_COUNTS)
def test_presets_have_the_published_number_of_parameters(name: str) -> None:
    shapes = parameter_shapes(load_config(name), "q0f32")
    assert sum(math.prod(shape) for _, shape, _ in shapes) == PUBLISHED_COUNTS[name]


@pytest.mark.parametrize("scheme", ["q4f32", "q4f16", "q0f32"])
@pytest.mark.parametrize("name", PUBLISHED_COUNTS)
def test_every_preset_fits_every_scheme(name: str, scheme: str) -> None:
    for _, shape, dtype in parameter_shapes(load_config(name), scheme):
        assert byte_count(shape, dtype) % 4 == 0


def test_refuses_columns_that_do_not_fill_groups() -> None:
    with pytest.raises(ForgeError, match="mlp.down_proj has 80 columns"):
        parameter_shapes(tiny(intermediate_size=80), "q4f32")
    assert parameter_shapes(tiny(intermediate_size=80), "q0f32")


def test_refuses_float16_tensors_of_half_words() -> None:
    with pytest.raises(ForgeError, match="multiple of 4 bytes"):
        parameter_shapes(tiny(vocab_size=131, hidden_size=32), "q4f16")


def test_refuses_an_unknown_scheme() -> None:
    with pytest.raises(ForgeError, match="q3"):
        scheme_named("q3")
