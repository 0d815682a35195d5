import json
import math
from pathlib import Path
from typing import Any

import pytest

from reflection_model.errors import ForgeError
from reflection_model.llama_config import LlamaConfig, load_config, preset_names

LLAMA3_SCALING = {
    "rope_type": "llama3",
    "factor": 32.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 8192,
}


def hugging_face(**changes: Any) -> dict[str, Any]:
    config: dict[str, Any] = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_act": "silu",
        "hidden_size": 64,
        "intermediate_size": 96,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "vocab_size": 128,
        "rms_norm_eps": 1e-5,
        "rope_theta": 500000.0,
        "max_position_embeddings": 512,
        "tie_word_embeddings": True,
    }
    config.update(changes)
    return config


def test_reads_both_generations_of_rotary_fields_alike() -> None:
    older = LlamaConfig.from_hugging_face(hugging_face(rope_scaling=LLAMA3_SCALING))
    newer = hugging_face(rope_parameters={"rope_theta": 500000.0, **LLAMA3_SCALING})
    del newer["rope_theta"]
    assert LlamaConfig.from_hugging_face(newer) == older
    assert older.rope_scaling == LLAMA3_SCALING


def test_plain_rotary_parameters_mean_no_scaling() -> None:
    config = hugging_face(rope_parameters={"rope_theta": 1e4, "rope_type": "default"})
    assert LlamaConfig.from_hugging_face(config).rope_scaling is None


def test_fills_in_head_width_and_key_value_heads() -> None:
    source = hugging_face()
    del source["num_key_value_heads"]
    config = LlamaConfig.from_hugging_face(source)
    assert (config.head_dim, config.num_key_value_heads) == (16, 4)


def test_survives_being_written_and_read() -> None:
    config = LlamaConfig.from_hugging_face(hugging_face(rope_scaling=LLAMA3_SCALING, head_dim=32))
    assert LlamaConfig.from_hugging_face(json.loads(json.dumps(config.to_hugging_face()))) == config


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("attention_bias", True),
        ("mlp_bias", True),
        ("hidden_act", "gelu"),
        ("sliding_window", 4096),
        ("model_type", "qwen2"),
        ("architectures", ["MistralForCausalLM"]),
        ("partial_rotary_factor", 0.5),
        ("quantization_config", {"quant_method": "gptq"}),
        ("rope_scaling", {"rope_type": "yarn", "factor": 4}),
        ("rope_scaling", {"rope_type": "llama3", "factor": 8}),
        ("hidden_size", 0),
        ("hidden_size", None),
        ("vocab_size", "many"),
        ("rms_norm_eps", math.nan),
        ("num_key_value_heads", 3),
        ("head_dim", 15),
    ],
)
def test_names_the_field_that_is_not_llama(field: str, value: Any) -> None:
    with pytest.raises(ForgeError, match=field):
        LlamaConfig.from_hugging_face(hugging_face(**{field: value}))


def test_every_preset_loads() -> None:
    assert preset_names() == [
        *("llama-3.1-70b", "llama-3.1-8b", "llama-3.2-1b", "llama-3.2-3b"),
        *("reflection-tiny", "smollm2-135m", "smollm2-360m"),
    ]
    for name in preset_names():
        assert load_config(name).hidden_size > 0


def test_loads_a_folder_or_a_file(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(hugging_face()))
    assert load_config(tmp_path) == load_config(tmp_path / "config.json")


def test_says_which_presets_exist(tmp_path: Path) -> None:
    with pytest.raises(ForgeError) as caught:
        load_config(tmp_path / "missing.json")
    assert "smollm2-135m" in caught.value.hint


def test_refuses_a_config_that_is_not_json(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(ForgeError, match="not JSON"):
        load_config(tmp_path)
