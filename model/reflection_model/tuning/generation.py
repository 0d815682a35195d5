"""Generation for many prompts at once, greedy or sampled, for evaluation outside the browser."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from tokenizers import Tokenizer
from torch import Tensor

from ..errors import ForgeError
from ..model_source import ModelSource
from ..open_source import open_source
from .network import Llama, Weights, _turned


def load_model(path: Path) -> Llama:
    """The model of a Hugging Face folder, a WebLLM folder of ours or a GGUF file, its weights as they are stored.

    Raises:
        ForgeError: it cannot be read, or does not tie its embeddings.
    """
    return model_of(open_source(path))


def model_of(source: ModelSource) -> Llama:
    """The model of an opened source."""
    config = source.config
    if not config.tie_word_embeddings:
        raise ForgeError("this model has an output matrix of its own", "Only models with tied embeddings run here.")
    model = Llama(config)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() == 1:
                value = source.norm(name, parameter.shape[0])
            else:
                rows, columns = parameter.shape
                value = source.matrix(name.removesuffix(".weight"), rows, columns).read_float(0, rows)
            parameter.copy_(torch.from_numpy(np.ascontiguousarray(value)))
    return model.eval()


def tokenizer_of(source: ModelSource) -> Tokenizer:
    """The tokenizer of an opened source, ready to encode."""
    return Tokenizer.from_str(json.dumps(source.tokenizer.document))


# Columns by which the key-value cache grows: most replies are short, and rows that leave early have it copied.
_COLUMNS = 64
# Rows that are done wait until at least a tenth of the batch is: each drop copies the whole cache of the others.
_WORTH_A_COPY = 0.9


class _Batch:
    """Rows of one length class: left-padded prompts and their key-value cache, which grows with the replies."""

    def __init__(self, model: Llama, prompts: Sequence[Sequence[int]], room: int) -> None:
        config = model.config
        self.longest = max(map(len, prompts))
        device = model.cos.device
        self.ids = torch.zeros(len(prompts), self.longest, dtype=torch.long, device=device)
        self.valid = torch.zeros(len(prompts), self.longest + room, dtype=torch.bool, device=device)
        for row, prompt in enumerate(prompts):
            self.ids[row, self.longest - len(prompt) :] = torch.tensor(prompt, device=device)
            self.valid[row, self.longest - len(prompt) : self.longest] = True
        self.starts = torch.tensor([self.longest - len(prompt) for prompt in prompts], device=device)
        shape = (len(prompts), config.num_key_value_heads, self.longest, config.head_dim)
        self.cache = [
            (torch.zeros(shape, device=device), torch.zeros(shape, device=device))
            for _ in range(config.num_hidden_layers)
        ]

    def keep(self, rows: Tensor) -> None:
        """Drops all other rows."""
        self.valid, self.starts = self.valid[rows], self.starts[rows]
        self.cache = [(key[rows], value[rows]) for key, value in self.cache]

    def reach(self, column: int) -> None:
        """Makes sure that the cache has this column."""
        if column < self.cache[0][0].shape[2]:
            return
        longer = (0, 0, 0, _COLUMNS)
        self.cache = [(F.pad(key, longer), F.pad(value, longer)) for key, value in self.cache]


def _logits(model: Llama, weights: Weights, batch: _Batch, ids: Tensor, at: int) -> Tensor:
    """Logits [B, V] after `ids` [B, T], whose first column stands at column `at` of the batch."""
    config = model.config
    heads, groups, width = config.num_attention_heads, config.num_key_value_heads, config.head_dim
    rows, length = ids.shape
    share = heads // groups
    x = F.embedding(ids, weights.embedding)
    fed = torch.arange(at, at + length, device=ids.device)
    positions = (fed[None] - batch.starts[:, None]).clamp(min=0)
    cos, sin = model.cos[positions][:, None], model.sin[positions][:, None]
    columns = torch.arange(at + length, device=ids.device)
    visible = batch.valid[:, None, : at + length] & (columns[None, None] <= fed[None, :, None])
    visible = visible | (columns[None, None] == fed[None, :, None])  # padding sees itself
    hidden = ~visible[:, None].expand(rows, share, length, at + length).reshape(rows, 1, share * length, at + length)
    for layer_weights, (keys, values) in zip(weights.layers, batch.cache, strict=True):
        normed = F.rms_norm(x, (config.hidden_size,), layer_weights[0], config.rms_norm_eps)
        stacked = F.linear(normed, layer_weights[1]).view(rows, length, heads + 2 * groups, width).transpose(1, 2)
        query, key, value = stacked.split([heads, groups, groups], 1)
        query, key = _turned(query, cos, sin), _turned(key, cos, sin)
        keys[:, :, at : at + length] = key
        values[:, :, at : at + length] = value
        # The queries that share keys stand one below the other: to repeat the keys for each would copy the cache.
        query = query.reshape(rows, groups, share * length, width) * width**-0.5
        scores = torch.matmul(query, keys[:, :, : at + length].transpose(-1, -2))
        scores = scores.masked_fill(hidden, -torch.inf).softmax(-1)
        attended = torch.matmul(scores, values[:, :, : at + length]).reshape(rows, heads, length, width)
        x = model._finish(layer_weights, x, attended.transpose(1, 2).flatten(2))
    x = F.rms_norm(x[:, -1], (config.hidden_size,), weights.norm, config.rms_norm_eps)
    return F.linear(x, weights.embedding)


def _drawn(logits: Tensor, temperature: float, top_p: float, generator: torch.Generator) -> Tensor:
    """A token a row [B]: the most likely one at temperature 0, else one of the most likely ones that hold `top_p`."""
    if temperature == 0:
        return logits.argmax(-1)
    chances, order = (logits.float() / temperature).softmax(-1).sort(-1, descending=True)
    chances = chances.masked_fill(chances.cumsum(-1) - chances >= top_p, 0.0)
    picked = torch.multinomial(chances.cpu(), 1, generator=generator).to(logits.device)
    return order.gather(-1, picked)[:, 0]


@torch.inference_mode()
def generate(
    model: Llama,
    prompts: Sequence[Sequence[int]],
    end_id: int,
    longest: int = 800,
    bias: dict[int, float] | None = None,
    rows: int = 96,
    temperature: float = 0.0,
    top_p: float = 1.0,
    seed: int = 0,
    report: Callable[[int], None] = lambda done: None,
) -> list[list[int]]:
    """A continuation of each prompt: the most likely one, or a drawn one.

    Args:
        model: with the weights to use as they are.
        prompts: token ids, the begin token included.
        end_id: the token that ends a reply; it is not part of what is returned.
        longest: tokens a reply may have; a longer one is cut.
        bias: added to the logits of these tokens at every step; -100 forbids one.
        rows: prompts computed together.
        temperature: 0 takes the most likely token at every step.
        top_p: of the chances, sorted, that may be drawn.
        seed: of the draws.
        report: called with the number of prompts done.
    """
    weights = Weights(model, quantized=False)
    order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
    replies: list[list[int]] = [[] for _ in prompts]
    added = torch.zeros(model.config.vocab_size, device=model.cos.device)
    generator = torch.Generator().manual_seed(seed)
    for token, value in (bias or {}).items():
        added[token] = value
    for start in range(0, len(order), rows):
        members = order[start : start + rows]
        room = min(longest, model.config.max_position_embeddings - max(len(prompts[i]) for i in members))
        batch = _Batch(model, [prompts[i] for i in members], room)
        logits = _logits(model, weights, batch, batch.ids, 0)
        alive = torch.arange(len(members), device=logits.device)
        for step in range(room):
            tokens = _drawn(logits[alive] + added, temperature, top_p, generator)
            going = tokens != end_id
            alive, tokens = alive[going], tokens[going]
            for row, token in zip(alive.tolist(), tokens.tolist(), strict=True):
                replies[members[row]].append(token)
            if not len(alive) or step + 1 == room:
                break
            if len(alive) <= _WORTH_A_COPY * len(members):
                members = [members[row] for row in alive.tolist()]
                batch.keep(alive)
                alive = torch.arange(len(members), device=logits.device)
            ids = torch.zeros(len(members), 1, dtype=torch.long, device=logits.device)
            ids[alive, 0] = tokens
            column = batch.longest + step
            batch.reach(column)
            batch.valid[:, column] = True
            logits = _logits(model, weights, batch, ids, column)
        report(min(len(order), start + rows))
    return replies
