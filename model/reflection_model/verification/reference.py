"""The Llama forward pass in NumPy, from the definition of the architecture and of the model folder's format.

It shares no arithmetic with the compiler or the trainer, so that a mistake there cannot hide here. Activations are
float32 whatever the scheme, with float64 inside norms, rotations and softmax; a `q4f16` library rounds to float16
between its kernels and differs by that.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tokenizers

from ..errors import ForgeError
from ..llama_config import LlamaConfig
from ..quantization import unpack_words
from ..read_json import read_json_object
from ..schemes import GROUP_SIZE, parameter_shapes, scheme_named, weights
from ..webllm_folder import CHAT_CONFIG_FILE, INDEX_FILE, TOKENIZER_FILE, read_parameters

MASKED = -3.4e38
"""What a library puts in place of a logit that a grammar forbids."""

LEAST_TEMPERATURE = 1e-6
"""WebLLM raises lower temperatures to this."""

LEAST_TOP_P = 1e-5
"""WebLLM raises lower values of top_p to this."""

GREEDY_BELOW = 1e-5
"""A library takes temperatures below this as zero."""

Logits = npt.NDArray[np.float32]


class Reference:
    """A model folder, with all its weights in memory as float32 (4 bytes a weight).

    Args:
        folder: holds `mlc-chat-config.json`, `tokenizer.json`, `tensor-cache.json` and the shards.

    Attributes:
        config: of the model.
        tokenizer: as WebLLM loads it.

    Raises:
        ForgeError: a file is missing or damaged, or a parameter is not what the scheme stores.
    """

    def __init__(self, folder: Path) -> None:
        chat = read_json_object(folder / CHAT_CONFIG_FILE)
        scheme = scheme_named(str(chat.get("quantization")))
        self.config = LlamaConfig.from_hugging_face(chat.get("model_config") or {})
        self.tokenizer = _tokenizer(folder / TOKENIZER_FILE)
        stored = read_parameters(folder)
        for name, shape, dtype in parameter_shapes(self.config, scheme):
            found = stored.get(name)
            if found is None:
                raise ForgeError(f"parameter {name} is missing from {folder / INDEX_FILE}")
            if found.shape != shape or found.dtype.name != dtype:
                raise ForgeError(
                    f"parameter {name} is {found.dtype.name} {list(found.shape)}, not {dtype} {list(shape)}"
                )
        self.weights = {
            weight.name: _weight(stored, weight.name, weight.rows is not None and scheme.quantized)
            for weight in weights(self.config)
        }
        """Matrices [rows, columns] and norms [length] by the names of `schemes.weights`."""
        self.frequencies = rotary_frequencies(self.config)

    def start(self) -> Session:
        """A conversation without a token yet."""
        return Session(self)

    def logits(self, ids: Sequence[int]) -> Logits:
        """Logits [T, V] after each of T tokens.

        Raises:
            ForgeError: there is no token, or one is outside the vocabulary.
        """
        return self.project(self.start().advance(ids))

    def greedy(
        self,
        ids: Sequence[int],
        count: int,
        end_ids: Collection[int],
        bias: Mapping[int, float] | None = None,
    ) -> list[int]:
        """The most probable continuation, token by token; of equal logits the lower id.

        Args:
            ids: prompt, at least one token.
            count: most tokens to add.
            end_ids: tokens that end it; the one that did is the last of the result.
            bias: added to the logits of these tokens.
        """
        session = self.start()
        added: list[int] = []
        fed = ids
        while len(added) < count:
            logits = session.feed(fed)
            for token, value in (bias or {}).items():
                logits[token] += value
            added.append(int(logits.argmax()))
            if added[-1] in end_ids:
                break
            fed = added[-1:]
        return added

    def project(self, hidden: npt.NDArray[np.float32]) -> Logits:
        """Logits [T, V] of hidden states [T, hidden] that left the last block."""
        head = self.weights["model.embed_tokens" if self.config.tie_word_embeddings else "lm_head"]
        return self.norm(hidden, "model.norm.weight") @ head.T

    def norm(self, x: npt.NDArray[np.float32], name: str) -> npt.NDArray[np.float32]:
        """RMSNorm over the last axis, with the weight of this name."""
        mean_square = np.square(x, dtype=np.float64).mean(-1, keepdims=True)
        scale = 1.0 / np.sqrt(mean_square + self.config.rms_norm_eps)
        return (x * scale * self.weights[name]).astype(np.float32)


class Session:
    """A growing sequence and its keys and values; made by `Reference.start`."""

    def __init__(self, model: Reference) -> None:
        config = model.config
        self._model = model
        self._caches = [_Cache(config.num_key_value_heads, config.head_dim) for _ in range(config.num_hidden_layers)]
        self.length = 0
        """Tokens so far."""

    def feed(self, ids: Sequence[int]) -> Logits:
        """Appends tokens and returns the logits [V] after the last one.

        Raises:
            ForgeError: there is no token, or one is outside the vocabulary.
        """
        return self._model.project(self.advance(ids)[-1:])[0]

    def advance(self, ids: Sequence[int]) -> npt.NDArray[np.float32]:
        """Appends tokens and returns their hidden states [T, hidden] as they leave the last block.

        Raises:
            ForgeError: there is no token, or one is outside the vocabulary.
        """
        model, config = self._model, self._model.config
        if not ids:
            raise ForgeError("the reference needs at least one token")
        if not (min(ids) >= 0 and max(ids) < config.vocab_size):
            raise ForgeError(f"a token id is outside the vocabulary of {config.vocab_size}")
        x = model.weights["model.embed_tokens"][np.asarray(ids)]
        positions = np.arange(self.length, self.length + len(ids))
        for layer, cache in enumerate(self._caches):
            prefix = f"model.layers.{layer}."
            x = x + self._attend(model.norm(x, prefix + "input_layernorm.weight"), prefix, positions, cache)
            x = x + self._feed_forward(model.norm(x, prefix + "post_attention_layernorm.weight"), prefix)
        self.length += len(ids)
        return x

    def _attend(
        self, x: npt.NDArray[np.float32], prefix: str, positions: npt.NDArray[np.int64], cache: _Cache
    ) -> npt.NDArray[np.float32]:
        model, config = self._model, self._model.config
        heads, shared, width = config.num_attention_heads, config.num_key_value_heads, config.head_dim
        new = len(positions)
        stacked = (x @ model.weights[prefix + "self_attn.qkv_proj"].T).reshape(new, heads + 2 * shared, width)
        queries = rotated(stacked[:, :heads], positions, model.frequencies)
        cache.append(rotated(stacked[:, heads : heads + shared], positions, model.frequencies), stacked[:, -shared:])
        # Query heads that share one key head stand together: [shared, group * new, width].
        group = heads // shared
        queries = queries.reshape(new, shared, group, width).transpose(1, 2, 0, 3).reshape(shared, group * new, width)
        scores = (queries @ cache.keys.transpose(0, 2, 1)).astype(np.float64) / math.sqrt(width)
        scores = scores.reshape(shared, group, new, cache.length)
        scores[:, :, positions[:, None] < np.arange(cache.length)] = -np.inf
        shares = np.exp(scores - scores.max(-1, keepdims=True))
        shares /= shares.sum(-1, keepdims=True)
        mixed = shares.astype(np.float32).reshape(shared, group * new, cache.length) @ cache.values
        mixed = mixed.reshape(shared, group, new, width).transpose(2, 0, 1, 3).reshape(new, heads * width)
        return mixed @ model.weights[prefix + "self_attn.o_proj"].T

    def _feed_forward(self, x: npt.NDArray[np.float32], prefix: str) -> npt.NDArray[np.float32]:
        both = x @ self._model.weights[prefix + "mlp.gate_up_proj"].T
        gate, up = np.split(both, 2, axis=-1)
        with np.errstate(over="ignore"):  # exp(-gate) may be infinite: the quotient is then 0, as it should be
            activated = gate / (1 + np.exp(-gate))
        return (activated * up) @ self._model.weights[prefix + "mlp.down_proj"].T


class _Cache:
    """Keys and values [heads, length, width] of one layer, in buffers that double when they are full."""

    def __init__(self, heads: int, width: int) -> None:
        self.length = 0
        self._buffer = np.empty((2, heads, 64, width), np.float32)

    @property
    def keys(self) -> npt.NDArray[np.float32]:
        return self._buffer[0, :, : self.length]

    @property
    def values(self) -> npt.NDArray[np.float32]:
        return self._buffer[1, :, : self.length]

    def append(self, keys: npt.NDArray[np.float32], values: npt.NDArray[np.float32]) -> None:
        """Adds keys and values [new, heads, width]."""
        needed = self.length + len(keys)
        if needed > self._buffer.shape[2]:
            _, heads, room, width = self._buffer.shape
            grown = np.empty((2, heads, max(needed, 2 * room), width), np.float32)
            grown[:, :, : self.length] = self._buffer[:, :, : self.length]
            self._buffer = grown
        self._buffer[0, :, self.length : needed] = keys.transpose(1, 0, 2)
        self._buffer[1, :, self.length : needed] = values.transpose(1, 0, 2)
        self.length = needed


def rotary_frequencies(config: LlamaConfig) -> npt.NDArray[np.float64]:
    """Radians that each pair [head_dim / 2] of a head turns by from one position to the next.

    With `llama3` scaling, wavelengths longer than the original window / low_freq_factor are stretched by `factor`,
    those shorter than the window / high_freq_factor stay, and those between move linearly from one to the other.
    """
    plain = [config.rope_theta ** (-2 * pair / config.head_dim) for pair in range(config.head_dim // 2)]
    scaling = config.rope_scaling
    if scaling is None:
        return np.array(plain)
    window, factor = scaling["original_max_position_embeddings"], scaling["factor"]
    low, high = scaling["low_freq_factor"], scaling["high_freq_factor"]
    scaled = []
    for frequency in plain:
        wavelength = 2 * math.pi / frequency
        if wavelength < window / high:
            scaled.append(frequency)
        elif wavelength > window / low:
            scaled.append(frequency / factor)
        else:
            smooth = (window / wavelength - low) / (high - low)
            scaled.append((1 - smooth) * frequency / factor + smooth * frequency)
    return np.array(scaled)


def rotated(
    x: npt.NDArray[np.float32], positions: npt.NDArray[np.int64], frequencies: npt.NDArray[np.float64]
) -> npt.NDArray[np.float32]:
    """Heads [T, H, D] with rotary positions; element i turns with element i + D / 2."""
    angles = positions[:, None, None] * frequencies
    cosine, sine = np.cos(angles), np.sin(angles)
    first, second = np.split(x, 2, axis=-1)
    turned = np.concatenate([first * cosine - second * sine, second * cosine + first * sine], axis=-1)
    return turned.astype(np.float32)


def distribution(logits: npt.ArrayLike, temperature: float, top_p: float) -> npt.NDArray[np.float64]:
    """The chance [V] of each token under a library's sampler.

    Softmax of logits / temperature; then the fewest most probable tokens whose mass reaches `top_p` (of equal ones the
    lower ids), renormalized. As in WebLLM the temperature is at least 1e-6 and `top_p` at least 1e-5; a temperature
    below 1e-5 gives everything to the highest logit, the first of equals.

    Args:
        logits: [V]; infinite ones are allowed.
        temperature: 0 or more.
        top_p: 0 to 1.
    """
    limit = float(np.finfo(np.float32).max)
    values = np.clip(np.asarray(logits, np.float64), -limit, limit)
    temperature, top_p = max(temperature, LEAST_TEMPERATURE), max(top_p, LEAST_TOP_P)
    if temperature < GREEDY_BELOW:
        chances = np.zeros(len(values))
        chances[values.argmax()] = 1.0
        return chances
    chances = np.exp((values - values.max()) / temperature)
    chances /= chances.sum()
    order = np.argsort(-chances, kind="stable")
    mass = np.cumsum(chances[order])
    kept = int(np.searchsorted(mass, min(top_p, mass[-1]))) + 1
    chances[order[kept:]] = 0.0
    return chances / chances.sum()


def penalized(
    logits: npt.ArrayLike, counts: Mapping[int, int], presence: float, frequency: float, repetition: float
) -> Logits:
    """Logits [V] after `apply_penalty_inplace`; the argument is not changed.

    Of each token seen, `presence + count * frequency` is subtracted from its logit; if what remains is positive it is
    divided by `repetition`, otherwise multiplied.

    Args:
        logits: [V].
        counts: how often each token was seen; a token in it with count 0 still pays `presence` and `repetition`.
        presence, frequency: 0 is neutral.
        repetition: above 0; 1 is neutral.
    """
    changed = np.array(logits, np.float32)
    for token, count in counts.items():
        value = changed[token] - np.float32(presence) - np.float32(count) * np.float32(frequency)
        changed[token] = value / np.float32(repetition) if value > 0 else value * np.float32(repetition)
    return changed


def masked(logits: npt.ArrayLike, words: npt.ArrayLike) -> Logits:
    """Logits [V] after `apply_bitmask_inplace`; the argument is not changed.

    Args:
        logits: [V].
        words: 32-bit integers [ceil(V / 32)]; token t is kept if bit t % 32 of word t // 32 is 1, otherwise its logit
            becomes -3.4e38.
    """
    changed = np.array(logits, np.float32)
    tokens = np.arange(len(changed))
    bits = np.asarray(words, np.int64)[tokens // 32] >> (tokens % 32) & 1
    changed[bits == 0] = MASKED
    return changed


def _tokenizer(path: Path) -> tokenizers.Tokenizer:
    if not path.is_file():
        raise ForgeError(f"{path} is missing")
    try:
        return tokenizers.Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises bare Exception for every malformed document
        raise ForgeError(f"{path} is not usable: {error}") from error


def _weight(stored: Mapping[str, npt.NDArray[Any]], name: str, quantized: bool) -> npt.NDArray[np.float32]:
    if not quantized:
        return np.asarray(stored[name if name in stored else f"{name}.weight"]).astype(np.float32)
    values = unpack_words(np.asarray(stored[f"{name}.q_weight"])).astype(np.float32) - 8
    scales = np.asarray(stored[f"{name}.q_scale"]).astype(np.float32)
    return values * np.repeat(scales, GROUP_SIZE, axis=1)
