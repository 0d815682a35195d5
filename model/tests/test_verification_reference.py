"""The NumPy model of `forge verify` against the same model in plain loops, and its sampler against its definition."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tiny_models import TINY, HuggingFaceModel, random_weights

from reflection_model.cli import main
from reflection_model.errors import ForgeError
from reflection_model.llama_config import LlamaConfig
from reflection_model.verification.reference import Reference, distribution, masked, penalized
from reflection_model.webllm_folder import read_parameters

IDS = [3, 70, 9, 9, 200, 41, 12]
LLAMA3_ROPE = {
    "rope_type": "llama3",
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}


def converted(folder: Path, scheme: str = "q4f32", config: LlamaConfig = TINY) -> Path:
    """A WebLLM folder of random weights."""
    source = HuggingFaceModel(folder / "source", config)
    source.tensors = dict(random_weights(source.config))
    source.save()
    output = folder / "output"
    options = ["--scheme", scheme, "--id", "tiny", "--revision", "r1", "--output", str(output)]
    assert main(["convert", str(source.folder), "--to", "webllm", *options]) == 0
    return output


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Reference:
    return Reference(converted(tmp_path_factory.mktemp("reference")))


class Loops:
    """The same model in Python numbers, one at a time; nothing is cached and nothing is vectorized."""

    def __init__(self, folder: Path, config: LlamaConfig) -> None:
        self.config = config
        self.stored = read_parameters(folder)

    def matrix(self, stem: str) -> list[list[float]]:
        if f"{stem}.weight" in self.stored:
            return self.stored[f"{stem}.weight"].tolist()
        words, scales = self.stored[f"{stem}.q_weight"].tolist(), self.stored[f"{stem}.q_scale"].tolist()
        return [
            [((row[j // 8] >> 4 * (j % 8) & 15) - 8) * row_scales[j // 32] for j in range(8 * len(row))]
            for row, row_scales in zip(words, scales, strict=True)
        ]

    def norm(self, x: list[float], name: str) -> list[float]:
        root = math.sqrt(sum(value * value for value in x) / len(x) + self.config.rms_norm_eps)
        return [value / root * weight for value, weight in zip(x, self.stored[name].tolist(), strict=True)]

    def angle(self, pair: int, position: int) -> float:
        config, scaling = self.config, self.config.rope_scaling
        frequency = 1 / config.rope_theta ** (2 * pair / config.head_dim)
        if scaling:
            turns = scaling["original_max_position_embeddings"] * frequency / (2 * math.pi)
            share = (turns - scaling["low_freq_factor"]) / (scaling["high_freq_factor"] - scaling["low_freq_factor"])
            share = min(1.0, max(0.0, share))
            frequency *= share + (1 - share) / scaling["factor"]
        return position * frequency

    def rotate(self, head: list[float], position: int) -> list[float]:
        half = len(head) // 2
        turned = [0.0] * len(head)
        for pair in range(half):
            # A pair of elements as one complex number, turned by its angle.
            cosine, sine = math.cos(self.angle(pair, position)), math.sin(self.angle(pair, position))
            number = complex(head[pair], head[pair + half]) * complex(cosine, sine)
            turned[pair], turned[pair + half] = number.real, number.imag
        return turned

    def logits(self, ids: list[int]) -> np.ndarray:
        config, width = self.config, self.config.head_dim
        heads, shared = config.num_attention_heads, config.num_key_value_heads
        embedding = self.matrix("model.embed_tokens")
        states = [embedding[token] for token in ids]
        for layer in range(config.num_hidden_layers):
            prefix = f"model.layers.{layer}."
            qkv = self.matrix(prefix + "self_attn.qkv_proj")
            rows = [product(qkv, self.norm(x, prefix + "input_layernorm.weight")) for x in states]
            split = [[row[i : i + width] for i in range(0, len(row), width)] for row in rows]
            attended = []
            for at in range(len(ids)):
                joined: list[float] = []
                for head in range(heads):
                    source = heads + head // (heads // shared)
                    query = self.rotate(split[at][head], at)
                    scores = [
                        math.exp(dot(query, self.rotate(split[past][source], past)) / math.sqrt(width))
                        for past in range(at + 1)
                    ]
                    values = [split[past][source + shared] for past in range(at + 1)]
                    joined += [
                        sum(score * value[i] for score, value in zip(scores, values, strict=True)) / sum(scores)
                        for i in range(width)
                    ]
                attended.append(joined)
            output = self.matrix(prefix + "self_attn.o_proj")
            states = [added(x, product(output, y)) for x, y in zip(states, attended, strict=True)]
            up, down = self.matrix(prefix + "mlp.gate_up_proj"), self.matrix(prefix + "mlp.down_proj")
            for at, x in enumerate(states):
                both = product(up, self.norm(x, prefix + "post_attention_layernorm.weight"))
                gates, others = both[: config.intermediate_size], both[config.intermediate_size :]
                gated = [g / (1 + math.exp(-g)) * u for g, u in zip(gates, others, strict=True)]
                states[at] = added(x, product(down, gated))
        head = embedding if config.tie_word_embeddings else self.matrix("lm_head")
        return np.array([product(head, self.norm(x, "model.norm.weight")) for x in states])


def dot(a: list[float], b: list[float]) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))


def product(matrix: list[list[float]], x: list[float]) -> list[float]:
    return [dot(row, x) for row in matrix]


def added(a: list[float], b: list[float]) -> list[float]:
    return [x + y for x, y in zip(a, b, strict=True)]


@pytest.mark.parametrize(
    ("scheme", "tied", "scaling"),
    [("q4f32", True, None), ("q4f16", False, LLAMA3_ROPE), ("q0f32", False, None)],
)
def test_logits_are_those_of_the_loops(tmp_path: Path, scheme: str, tied: bool, scaling: dict | None) -> None:
    config = replace(TINY, tie_word_embeddings=tied, rope_scaling=scaling)
    folder = converted(tmp_path, scheme, config)
    model = Reference(folder)
    expected = Loops(folder, model.config).logits(IDS)
    found = model.logits(IDS)
    assert found.dtype == np.float32 and found.shape == (len(IDS), model.config.vocab_size)
    assert np.abs(found - expected).max() < 1e-5 * expected.std()


@pytest.mark.parametrize("pieces", [[1] * 90, [1, 2, 3, 84], [63, 2, 25], [90]])
def test_a_session_gives_the_logits_of_the_whole_however_it_is_fed(model: Reference, pieces: list[int]) -> None:
    ids = np.random.default_rng(1).integers(0, model.config.vocab_size, 90).tolist()
    whole = model.logits(ids)
    session, at = model.start(), 0
    for size in pieces:
        fed = session.feed(ids[at : at + size])
        at += size
        assert np.abs(fed - whole[at - 1]).max() < 1e-5 * whole.std()
    assert session.length == 90


def test_sessions_do_not_share_their_cache(model: Reference) -> None:
    first, second = model.start(), model.start()
    first.feed([1, 2, 3])
    assert np.array_equal(second.feed([5]), model.logits([5])[0])


def test_greedy_follows_the_highest_logit_and_stops_after_an_end(model: Reference) -> None:
    continued = model.greedy(IDS, 6, [])
    assert len(continued) == 6
    logits = model.logits([*IDS, *continued])
    assert continued == logits[len(IDS) - 1 : -1].argmax(1).tolist()
    end = continued[3]
    assert model.greedy(IDS, 6, [end]) == continued[: continued.index(end) + 1]
    assert model.greedy(IDS, 0, []) == []


def test_greedy_adds_the_bias_to_every_step(model: Reference) -> None:
    assert model.greedy(IDS, 3, [], {77: 1000.0}) == [77, 77, 77]
    best = model.greedy(IDS, 1, [])[0]
    assert model.greedy(IDS, 1, [], {best: -1000.0}) == [int(np.argsort(model.logits(IDS)[-1])[-2])]


@pytest.mark.parametrize("ids", [[], [-1], [100_000]])
def test_tokens_that_do_not_exist_are_refused(model: Reference, ids: list[int]) -> None:
    with pytest.raises(ForgeError):
        model.logits(ids)


def test_a_parameter_of_another_type_is_refused(tmp_path: Path) -> None:
    folder = converted(tmp_path)
    path = folder / "mlc-chat-config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "quantization": "q4f16"}))
    with pytest.raises(ForgeError, match="q_scale is float32"):
        Reference(folder)


def test_without_a_limit_the_distribution_is_softmax() -> None:
    logits = np.random.default_rng(0).normal(0, 3, 500).astype(np.float32)
    weights = [math.exp(float(logit) / 0.7) for logit in logits]
    expected = np.array(weights) / sum(weights)
    assert np.allclose(distribution(logits, 0.7, 1.0), expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("top_p", "kept"), [(0.0, 1), (0.125, 1), (0.1251, 2), (0.5, 4), (0.5001, 5), (0.875, 7), (1.0, 8)]
)
def test_the_nucleus_is_exact_and_equal_tokens_enter_by_their_ids(top_p: float, kept: int) -> None:
    assert distribution(np.zeros(8), 1.0, top_p).tolist() == [1 / kept] * kept + [0.0] * (8 - kept)


def test_more_probable_tokens_enter_first_wherever_they_stand() -> None:
    # Chances 1/8, 1/2, 1/8, 1/4: powers of two whose logits are multiples of log 2.
    logits = np.array([-3, -1, -3, -2]) * math.log(2)
    assert np.allclose(distribution(logits, 1.0, 0.74), [0, 2 / 3, 0, 1 / 3])
    assert np.allclose(distribution(logits, 1.0, 0.76), [1 / 7, 4 / 7, 0, 2 / 7])


@pytest.mark.parametrize("top_p", [0.05, 0.3, 0.9, 0.99])
def test_the_nucleus_is_the_smallest_that_reaches_the_mass(top_p: float) -> None:
    logits = np.random.default_rng(3).normal(0, 2, 300)
    whole, cut = distribution(logits, 1.0, 1.0), distribution(logits, 1.0, top_p)
    kept = cut > 0
    assert whole[kept].sum() >= top_p > whole[kept].sum() - whole[kept].min()
    assert whole[kept].min() >= whole[~kept].max()
    assert np.allclose(cut[kept], whole[kept] / whole[kept].sum()) and math.isclose(cut.sum(), 1)


@pytest.mark.parametrize("temperature", [0.0, 1e-7, 1e-6])
def test_temperature_zero_is_the_first_of_the_highest(temperature: float) -> None:
    assert distribution([1.0, 5.0, 5.0, -math.inf], temperature, 1.0).tolist() == [0, 1, 0, 0]


def test_forbidden_tokens_get_nothing_and_infinite_ones_everything() -> None:
    assert distribution([0.0, -math.inf, 0.0, -3.4e38], 2.0, 1.0).tolist() == [0.5, 0, 0.5, 0]
    assert distribution([0.0, math.inf], 1.0, 1.0).tolist() == [0, 1]


def test_penalties_subtract_then_scale_towards_the_unlikely() -> None:
    logits = np.array([4.0, 4.0, -1.0, 1.0, 2.0], np.float32)
    found = penalized(logits, {0: 1, 1: 3, 2: 1, 3: 2}, presence=0.5, frequency=0.5, repetition=2.0)
    #  (4 - 0.5 - 0.5) / 2, (4 - 0.5 - 1.5) / 2, (-1 - 1) * 2, (1 - 0.5 - 1) * 2, unseen
    assert found.tolist() == [1.5, 1.0, -4.0, -1.0, 2.0]
    assert logits.tolist() == [4, 4, -1, 1, 2]


def test_a_mask_keeps_the_tokens_whose_bits_are_set() -> None:
    logits = np.arange(40, dtype=np.float32)
    # Bits 0 and 31 of the first word, the latter as the sign of an int32; bit 1 of the second.
    found = masked(logits, np.array([-(2**31) + 1, 2], np.int32))
    assert np.flatnonzero(found > -1e38).tolist() == [0, 31, 33]
    assert found[[0, 31, 33]].tolist() == [0, 31, 33] and set(found[1:31]) == {np.float32(-3.4e38)}
    assert distribution(found, 1.0, 1.0)[1:31].sum() == 0
