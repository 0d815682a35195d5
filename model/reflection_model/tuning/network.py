"""A Llama in PyTorch, sized for training on a CPU: parameters named as Hugging Face names them."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from ..llama_config import LlamaConfig
from ..rope_scaling import rope_divisors
from ..schemes import GROUP_SIZE


class _Round(torch.autograd.Function):
    """Rounds forward, passes the gradient through."""

    @staticmethod
    def forward(context, value: Tensor) -> Tensor:  # noqa: ANN001
        return value.round()

    @staticmethod
    def backward(context, gradient: Tensor) -> Tensor:  # noqa: ANN001
        return gradient


def on_grid(weight: Tensor) -> Tensor:
    """A weight matrix [N, K] with every value moved to its Q4_0 grid point: (q - 8) * d, q in 0..15, d an f16 number.

    d is the value of largest magnitude in a group of 32 along K, divided by -8, as GGUF's Q4_0 has it; the gradient
    passes through the rounding.
    """
    groups = weight.view(weight.shape[0], -1, GROUP_SIZE)
    with torch.no_grad():
        extreme = groups.gather(2, groups.abs().argmax(2, keepdim=True))
        scale = (extreme / -8).half().float()
        inverse = torch.where(scale == 0, 0.0, 1 / scale)
    quantized = _Round.apply(groups * inverse).clamp(-8, 7)
    return (quantized * scale).view_as(weight)


class Attention(nn.Module):
    """Grouped-query attention with rotary positions."""

    def __init__(self, config: LlamaConfig) -> None:
        super().__init__()
        self.heads, self.kv_heads, self.head_dim = (
            config.num_attention_heads,
            config.num_key_value_heads,
            config.head_dim,
        )
        hidden = config.hidden_size
        self.q_proj = nn.Linear(hidden, self.heads * self.head_dim, bias=False)
        self.k_proj = nn.Linear(hidden, self.kv_heads * self.head_dim, bias=False)
        self.v_proj = nn.Linear(hidden, self.kv_heads * self.head_dim, bias=False)
        self.o_proj = nn.Linear(self.heads * self.head_dim, hidden, bias=False)


class FeedForward(nn.Module):
    """SwiGLU."""

    def __init__(self, config: LlamaConfig) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.up_proj = nn.Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.down_proj = nn.Linear(config.intermediate_size, config.hidden_size, bias=False)


class Norm(nn.Module):
    """The weight of an RMSNorm."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))


class Layer(nn.Module):
    """One transformer block; holds parameters, `Llama` computes."""

    def __init__(self, config: LlamaConfig) -> None:
        super().__init__()
        self.input_layernorm = Norm(config.hidden_size)
        self.self_attn = Attention(config)
        self.post_attention_layernorm = Norm(config.hidden_size)
        self.mlp = FeedForward(config)


class Body(nn.Module):
    """Everything but the language-model head."""

    def __init__(self, config: LlamaConfig) -> None:
        super().__init__()
        self.embed_tokens = nn.Embedding(config.vocab_size, config.hidden_size)
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.num_hidden_layers))
        self.norm = Norm(config.hidden_size)


def _turned(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotary position embedding in the half-rotation order."""
    first, second = x.chunk(2, -1)
    return x * cos + torch.cat([-second, first], -1) * sin


def _causal_mask(like: Tensor, length: int, before: int) -> Tensor:
    """[length, before + length]: 0 where a position sees another, all `before` and itself among them, else -inf."""
    shape = (length, before + length)
    return torch.full(shape, -torch.inf, dtype=like.dtype, device=like.device).triu(before + 1)


class Weights:
    """The matrices of one forward pass: as they are, or on the 4-bit grid; query, key, value and gate, up stacked."""

    def __init__(self, model: Llama, quantized: bool) -> None:
        move = on_grid if quantized else lambda weight: weight
        self.embedding = move(model.model.embed_tokens.weight)
        self.layers = []
        for layer in model.model.layers:
            attention, mlp = layer.self_attn, layer.mlp
            self.layers.append(
                (
                    layer.input_layernorm.weight,
                    move(torch.cat([attention.q_proj.weight, attention.k_proj.weight, attention.v_proj.weight])),
                    move(attention.o_proj.weight),
                    layer.post_attention_layernorm.weight,
                    move(torch.cat([mlp.gate_proj.weight, mlp.up_proj.weight])),
                    move(mlp.down_proj.weight),
                )
            )
        self.norm = model.model.norm.weight


class Llama(nn.Module):
    """The model.

    Embeddings are tied; attention is computed plainly, which is faster than the fused kernel at this size.
    """

    def __init__(self, config: LlamaConfig) -> None:
        super().__init__()
        if not config.tie_word_embeddings:
            raise ValueError("training expects tied embeddings")
        self.config = config
        self.model = Body(config)
        inverse = 1.0 / config.rope_theta ** (torch.arange(0, config.head_dim, 2).float() / config.head_dim)
        if config.rope_scaling is not None:
            inverse /= torch.from_numpy(rope_divisors(config.rope_scaling, config.rope_theta, config.head_dim)).float()
        angles = torch.outer(torch.arange(config.max_position_embeddings).float(), inverse).repeat(1, 2)
        self.register_buffer("cos", angles.cos(), persistent=False)
        self.register_buffer("sin", angles.sin(), persistent=False)

    def initialize(self, seed: int) -> None:
        """Normal weights of deviation 0.02, smaller where a block's output is added."""
        generator = torch.Generator().manual_seed(seed)
        for name, parameter in self.named_parameters():
            if parameter.dim() == 2:
                deviation = (
                    0.02 / math.sqrt(2 * self.config.num_hidden_layers) if "o_proj" in name or "down" in name else 0.02
                )
                nn.init.normal_(parameter, 0.0, deviation, generator=generator)

    def weight_matrices(self) -> Iterator[tuple[str, Tensor]]:
        """The matrices that are quantized, by name."""
        return ((name, parameter) for name, parameter in self.named_parameters() if parameter.dim() == 2)

    def compile_layers(self) -> None:
        """Compiles what a layer does: element by element work is fused. Needs a C++ compiler; minutes at the start."""
        self._attend = torch.compile(self._attend, dynamic=True)
        self._finish = torch.compile(self._finish, dynamic=True)

    def _project(self, weights: tuple[Tensor, ...], x: Tensor, start: int) -> tuple[Tensor, Tensor, Tensor]:
        """Query [B, H, T, d], key and value [B, G, T, d] of a layer for positions from `start` on."""
        config = self.config
        batch, length, _ = x.shape
        heads, groups = config.num_attention_heads, config.num_key_value_heads
        normed = F.rms_norm(x, (config.hidden_size,), weights[0].to(x.dtype), config.rms_norm_eps)
        stacked = F.linear(normed, weights[1]).view(batch, length, heads + 2 * groups, config.head_dim).transpose(1, 2)
        cos, sin = (table[start : start + length].to(stacked.dtype) for table in (self.cos, self.sin))
        query, key, value = stacked.split([heads, groups, groups], 1)
        return _turned(query, cos, sin), _turned(key, cos, sin), value

    def _attend(
        self, weights: tuple[Tensor, ...], x: Tensor, before: tuple[Tensor, Tensor], start: int, mask: Tensor
    ) -> Tensor:
        """The attended values [B, T, H * d] of rows [B, T, hidden] that see themselves and `before` them.

        Args:
            weights: of the layer.
            x: the rows, at positions from `start` on.
            before: key and value [1, G, P, d] that all rows share.
            start: P.
            mask: [T, P + T], added to the scores.
        """
        config = self.config
        batch, length, _ = x.shape
        groups, width = config.num_key_value_heads, config.head_dim
        share = config.num_attention_heads // groups
        query, key, value = self._project(weights, x, start)
        key, value = (
            torch.cat([shared.expand(batch, -1, -1, -1), own], 2)
            for shared, own in zip(before, (key, value), strict=True)
        )
        query = (query * width**-0.5).reshape(batch, groups, share * length, width)
        scores = torch.matmul(query, key.transpose(-1, -2)).view(batch, groups, share, length, start + length)
        scores = (scores + mask).softmax(-1).to(x.dtype).view(batch, groups, share * length, start + length)
        attended = torch.matmul(scores, value).reshape(batch, groups * share, length, width)
        return attended.transpose(1, 2).flatten(2)

    def _finish(self, weights: tuple[Tensor, ...], x: Tensor, attended: Tensor) -> Tensor:
        """The rest of a layer from the attended values [..., H * d]; `x` is [..., hidden]."""
        x = x + F.linear(attended, weights[2])
        normed = F.rms_norm(x, (self.config.hidden_size,), weights[3].to(x.dtype), self.config.rms_norm_eps)
        gate, up = F.linear(normed, weights[4]).chunk(2, -1)
        return x + F.linear(F.silu(gate) * up, weights[5])

    def loss(self, prefix: Tensor, ids: Tensor, targets: Tensor, quantized: bool = False) -> Tensor:
        """Mean cross-entropy over the targets that are not -100.

        Args:
            prefix: int64 [P], the opening that every row shares; computed once for the whole batch. May be empty.
            ids: int64 [B, T], padded on the right.
            targets: int64 [B, T], the next token or -100.
            quantized: whether the matrices are moved to the 4-bit grid first.
        """
        weights = Weights(self, quantized)
        config, size = self.config, prefix.shape[0]
        shared, rows = F.embedding(prefix[None], weights.embedding), F.embedding(ids, weights.embedding)
        if torch.is_autocast_enabled(ids.device.type):
            shared, rows = shared.bfloat16(), rows.bfloat16()
        learned = targets.view(-1) >= 0
        mask, prefix_mask = _causal_mask(rows, ids.shape[1], size), _causal_mask(rows, size, 0)
        last = len(weights.layers) - 1
        for layer, layer_weights in enumerate(weights.layers):
            _, *before = self._project(layer_weights, shared, 0)
            attended = self._attend(layer_weights, rows, tuple(before), size, mask)
            if layer == last:
                # After the last attention only the positions that carry loss are needed.
                rows, attended = rows.flatten(0, 1)[learned][None], attended.flatten(0, 1)[learned][None]
            rows = self._finish(layer_weights, rows, attended)
            if layer < last:
                nothing = tuple(part[:, :, :0] for part in before)
                attended = self._attend(layer_weights, shared, nothing, 0, prefix_mask)
                shared = self._finish(layer_weights, shared, attended)
        hidden = F.rms_norm(rows[0], (config.hidden_size,), weights.norm.to(rows.dtype), config.rms_norm_eps)
        return F.cross_entropy(F.linear(hidden, weights.embedding).float(), targets.view(-1)[learned])
