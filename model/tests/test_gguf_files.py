from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import gguf
import numpy as np
import pytest
from gguf import GGMLQuantizationType as Kind
from tiny_models import LLAMA3_TOKENS, TAGS, TINY, GgufModel, random_weights, tiny_tokenizer

from reflection_model.errors import ForgeError
from reflection_model.gguf_files.reader import GgufSource
from reflection_model.llama_config import LlamaConfig
from reflection_model.rope_scaling import rope_divisors

TOKENIZER = tiny_tokenizer(LLAMA3_TOKENS + TAGS)
CONFIG = replace(TINY, vocab_size=TOKENIZER.get_vocab_size())
TENSORS = random_weights(CONFIG)
Q_PROJ, K_PROJ = "model.layers.1.self_attn.q_proj", "model.layers.1.self_attn.k_proj"


def model(config: LlamaConfig = CONFIG) -> GgufModel:
    return GgufModel(config, TENSORS if config == CONFIG else random_weights(config), TOKENIZER)


def test_reads_the_configuration(tmp_path: Path) -> None:
    assert GgufSource(model().write(tmp_path / "m.gguf")).config == CONFIG
    untied = replace(CONFIG, tie_word_embeddings=False, rms_norm_eps=1e-6, rope_theta=500000.0)
    assert GgufSource(model(untied).write(tmp_path / "u.gguf")).config == untied


def test_gives_rotary_rows_in_hugging_face_order(tmp_path: Path) -> None:
    source = GgufSource(model().write(tmp_path / "m.gguf"))
    for part, rows in ((Q_PROJ, 128), (K_PROJ, 64)):
        matrix = source.matrix(part, rows, 64)
        np.testing.assert_array_equal(matrix.read_float(0, rows), TENSORS[f"{part}.weight"])
        np.testing.assert_array_equal(matrix.read_float(5, 37), TENSORS[f"{part}.weight"][5:37])


@pytest.mark.parametrize(
    "kind", [Kind.F32, Kind.F16, Kind.BF16, Kind.Q8_0, Kind.Q4_0, Kind.Q4_1, Kind.Q5_0, Kind.Q5_1], ids=lambda k: k.name
)
def test_reads_every_type_that_has_a_quantizer(tmp_path: Path, kind: Kind) -> None:
    source = GgufSource(model().all_as(kind).write(tmp_path / "m.gguf"))
    for part, rows in ((Q_PROJ, 128), (K_PROJ, 64), ("model.layers.0.mlp.gate_proj", 96)):
        expected = gguf.dequantize(gguf.quantize(TENSORS[f"{part}.weight"], kind), kind)
        matrix = source.matrix(part, rows, 64)
        np.testing.assert_array_equal(matrix.read_float(0, rows), expected)
        assert (matrix.read_quantized is not None) == (kind == Kind.Q4_0)
        if matrix.read_quantized is not None:
            np.testing.assert_array_equal(matrix.read_quantized(2, 34).weights(), expected[2:34])


def q4_k_block(random: np.random.Generator) -> tuple[bytes, np.ndarray]:
    """A block of 256 weights: eight groups of scale and minimum, 4-bit values; from the format's definition."""
    scale, minimum = np.float16(0.01), np.float16(0.02)
    scales, minimums = random.integers(0, 64, 8), random.integers(0, 64, 8)
    values = random.integers(0, 16, (8, 32))
    packed = np.zeros(12, np.uint8)
    for j in range(4):
        packed[j] = scales[j] | (scales[j + 4] >> 4) << 6
        packed[j + 4] = minimums[j] | (minimums[j + 4] >> 4) << 6
        packed[j + 8] = (scales[j + 4] & 15) | (minimums[j + 4] & 15) << 4
    nibbles = [values[2 * i] | values[2 * i + 1] << 4 for i in range(4)]
    block = scale.tobytes() + minimum.tobytes() + packed.tobytes() + np.concatenate(nibbles).astype(np.uint8).tobytes()
    groups = np.float32(scale) * scales[:, None] * values - np.float32(minimum) * minimums[:, None]
    return block, groups.reshape(256)


def q6_k_block(random: np.random.Generator) -> tuple[bytes, np.ndarray]:
    """A block of 256 weights: sixteen signed scales, 6-bit values around 32; from the format's definition."""
    scale = np.float16(0.003)
    scales = random.integers(-128, 128, 16)
    values = random.integers(0, 64, 256)
    low, high = np.zeros(128, np.uint8), np.zeros(64, np.uint8)
    for half in range(2):
        for i in range(32):
            a, b, c, d = (int(values[128 * half + 32 * part + i]) for part in range(4))
            low[64 * half + i] = a & 15 | (c & 15) << 4
            low[64 * half + 32 + i] = b & 15 | (d & 15) << 4
            high[32 * half + i] = a >> 4 | (b >> 4) << 2 | (c >> 4) << 4 | (d >> 4) << 6
    block = low.tobytes() + high.tobytes() + scales.astype(np.int8).tobytes() + scale.tobytes()
    return block, (np.float32(scale) * np.repeat(scales, 16) * (values - 32)).astype(np.float32)


@pytest.mark.parametrize(("kind", "make"), [(Kind.Q4_K, q4_k_block), (Kind.Q6_K, q6_k_block)], ids=["Q4_K", "Q6_K"])
def test_reads_k_quants(
    tmp_path: Path, kind: Kind, make: Callable[[np.random.Generator], tuple[bytes, np.ndarray]]
) -> None:
    random = np.random.default_rng(8)
    wide = model(replace(CONFIG, hidden_size=256))
    blocks = [make(random) for _ in range(CONFIG.vocab_size)]
    wide.kinds["token_embd.weight"] = kind
    wide.raw["token_embd.weight"] = np.stack([np.frombuffer(block, np.uint8) for block, _ in blocks])
    source = GgufSource(wide.write(tmp_path / "m.gguf"))
    read = source.matrix("model.embed_tokens", CONFIG.vocab_size, 256).read_float(0, CONFIG.vocab_size)
    np.testing.assert_allclose(read, np.stack([weights for _, weights in blocks]), rtol=1e-5, atol=1e-6)


def test_rotary_divisors_are_those_of_llama_3() -> None:
    scaling = {"factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 8192}
    divisors = rope_divisors(scaling, 500000.0, 128)
    wavelengths = 2 * np.pi * 500000.0 ** (np.arange(0, 128, 2) / 128)
    assert (divisors[wavelengths < 8192 / 4] == 1).all()
    np.testing.assert_allclose(divisors[wavelengths > 8192], 8.0)
    between = divisors[(wavelengths > 8192 / 4) & (wavelengths < 8192)]
    assert len(between) and ((between > 1) & (between < 8)).all() and (np.diff(divisors) >= 0).all()


def test_recognizes_the_rotary_scaling_of_llama_3(tmp_path: Path) -> None:
    scaling = {
        "rope_type": "llama3",
        "factor": 32.0,
        "low_freq_factor": 1.0,
        "high_freq_factor": 4.0,
        "original_max_position_embeddings": 8192,
    }
    scaled = model(replace(CONFIG, rope_theta=500000.0))
    scaled.tensors["rope_freqs.weight"] = rope_divisors(scaling, 500000.0, 32).astype(np.float32)
    assert GgufSource(scaled.write(tmp_path / "m.gguf")).config.rope_scaling == scaling
    scaled.tensors["rope_freqs.weight"] = np.ones(16, np.float32)
    assert GgufSource(scaled.write(tmp_path / "plain.gguf")).config.rope_scaling is None
    scaled.tensors["rope_freqs.weight"] = np.linspace(1, 32, 16, dtype=np.float32)
    with pytest.raises(ForgeError, match="not the rotary scaling of Llama 3"):
        GgufSource(scaled.write(tmp_path / "other.gguf"))


@pytest.mark.parametrize("pre", ["smollm", "llama-bpe"])
def test_rebuilt_tokenizer_gives_the_same_tokens(tmp_path: Path, pre: str) -> None:
    original = tiny_tokenizer(LLAMA3_TOKENS + TAGS, pre)
    written = GgufModel(CONFIG, TENSORS, original)
    written.pre = pre
    tokenizer = GgufSource(written.write(tmp_path / "m.gguf")).tokenizer
    for text in (
        "What's 12345 + 678? <thinking>It's 13023.</thinking>",
        "  Strawberry\n\n\thas three r's!<|eot_id|>",
        "naïve Ünïcödé 漢字 🤔\r\n",
        "I'LL it'S",
    ):
        assert tokenizer.encode(text) == original.encode(text, add_special_tokens=False).ids
        assert tokenizer.decode(tokenizer.encode(text)) == text
    assert (tokenizer.bos_token, tokenizer.eos_token) == ("<|begin_of_text|>", "<|eot_id|>")


def test_refuses_a_sentencepiece_tokenizer(tmp_path: Path) -> None:
    other = model()
    other.tokenizer_model = "llama"
    with pytest.raises(ForgeError, match="SentencePiece"):
        GgufSource(other.write(tmp_path / "m.gguf"))


def test_refuses_an_unknown_cutting_of_text(tmp_path: Path) -> None:
    other = model()
    other.pre = "qwen2"
    with pytest.raises(ForgeError, match=r"tokenizer\.ggml\.pre is qwen2"):
        GgufSource(other.write(tmp_path / "m.gguf"))


def test_refuses_tokens_that_appear_twice(tmp_path: Path) -> None:
    other = model()
    other.tokens[20] = other.tokens[21]
    with pytest.raises(ForgeError, match="two tokens of the same text"):
        GgufSource(other.write(tmp_path / "m.gguf"))


def test_refuses_an_embedded_tokenizer_that_disagrees(tmp_path: Path) -> None:
    other = model()
    other.metadata["tokenizer.huggingface.json"] = TOKENIZER.to_str()
    GgufSource(other.write(tmp_path / "same.gguf"))
    other.tokens[-1] = "elsewhere"
    with pytest.raises(ForgeError, match="disagree"):
        GgufSource(other.write(tmp_path / "other.gguf"))


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("split.count", 2, "one part of a split model"),
        ("llama.expert_count", 8, "mixture of experts"),
        ("llama.rope.scaling.type", "yarn", "scaling.type is yarn"),
        ("llama.attention.value_length", 16, "value_length is 16"),
    ],
)
def test_refuses_models_that_are_not_plain_llama(tmp_path: Path, key: str, value: int | str, message: str) -> None:
    other = model()
    other.metadata[key] = value
    with pytest.raises(ForgeError, match=message):
        GgufSource(other.write(tmp_path / "m.gguf"))


def test_refuses_another_architecture(tmp_path: Path) -> None:
    other = model()
    other.architecture = "qwen2"
    with pytest.raises(ForgeError, match="architecture qwen2"):
        GgufSource(other.write(tmp_path / "m.gguf"))


def test_refuses_tensors_that_plain_llama_does_not_have(tmp_path: Path) -> None:
    other = model()
    other.tensors["blk.0.attn_q.bias"] = np.zeros(128, np.float32)
    with pytest.raises(ForgeError, match=r"blk\.0\.attn_q\.bias does not belong"):
        GgufSource(other.write(tmp_path / "m.gguf"))


def test_names_a_tensor_of_unsupported_type(tmp_path: Path) -> None:
    other = model()
    other.kinds["blk.0.ffn_up.weight"] = Kind.IQ4_NL
    other.raw["blk.0.ffn_up.weight"] = np.zeros((96, 36), np.uint8)
    with pytest.raises(ForgeError, match=r"blk\.0\.ffn_up\.weight has type IQ4_NL"):
        GgufSource(other.write(tmp_path / "m.gguf")).matrix("model.layers.0.mlp.up_proj", 96, 64)


def test_names_a_tensor_that_is_missing_or_misshapen(tmp_path: Path) -> None:
    other = model()
    del other.tensors["blk.0.ffn_up.weight"]
    other.tensors["blk.0.ffn_down.weight"] = np.zeros((64, 128), np.float32)
    source = GgufSource(other.write(tmp_path / "m.gguf"))
    with pytest.raises(ForgeError, match=r"blk\.0\.ffn_up\.weight is missing"):
        source.matrix("model.layers.0.mlp.up_proj", 96, 64)
    with pytest.raises(ForgeError, match=r"ffn_down\.weight has shape \[64, 128\]"):
        source.matrix("model.layers.0.mlp.down_proj", 64, 96)


@pytest.mark.parametrize("kept", [0, 3, 40, 0.05, 0.3, 0.9])
def test_says_that_a_file_is_cut_short(tmp_path: Path, kept: float) -> None:
    path = model().write(tmp_path / "m.gguf")
    data = path.read_bytes()
    path.write_bytes(data[: int(kept) if kept >= 1 else int(kept * len(data))])
    with pytest.raises(ForgeError, match="cut short"):
        GgufSource(path)


def test_says_that_a_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ForgeError, match="is missing"):
        GgufSource(tmp_path / "none.gguf")
