"""A Llama model in TVM's module language, with the parameter names and function signatures that WebLLM uses."""

from __future__ import annotations

import tvm
from tvm import relax, tirx
from tvm.relax.frontend import nn
from tvm.relax.frontend.nn import spec
from tvm.relax.frontend.nn.llm import kv_cache as stock
from tvm.relax.frontend.nn.llm.kv_cache import AttnKind, PagedKVCache, RopeMode
from tvm.target import Target

from ..llama_config import LlamaConfig
from ..schemes import GROUP_SIZE, VALUES_PER_WORD, Scheme
from .kernels import attention, cache
from .kernels.linear import Linear
from .operators import operators_for


class Matrix(nn.Module):
    """The parameters of one stored weight [rows, columns]."""

    def __init__(self, rows: int, columns: int, scheme: Scheme) -> None:
        self.rows, self.columns = rows, columns
        if scheme.quantized:
            self.q_weight = nn.Parameter((rows, columns // VALUES_PER_WORD), "uint32")
            self.q_scale = nn.Parameter((rows, columns // GROUP_SIZE), scheme.scale_dtype)
        else:
            self.weight = nn.Parameter((rows, columns), scheme.activation_dtype)

    @property
    def tensors(self) -> list[nn.Tensor]:
        """What a kernel takes, in order."""
        return [self.q_weight, self.q_scale] if hasattr(self, "q_weight") else [self.weight]


class Norm(nn.Module):
    """The weight of one RMSNorm; its kernel comes before the product that follows it."""

    def __init__(self, width: int, scheme: Scheme) -> None:
        self.weight = nn.Parameter((width,), scheme.activation_dtype)


class Attention(nn.Module):
    """Projections around the key-value cache."""

    def __init__(self, config: LlamaConfig, scheme: Scheme) -> None:
        self.qkv_proj = Matrix(config.attention_size + 2 * config.key_value_size, config.hidden_size, scheme)
        self.o_proj = Matrix(config.hidden_size, config.attention_size, scheme)


class FeedForward(nn.Module):
    """Projections of SwiGLU."""

    def __init__(self, config: LlamaConfig, scheme: Scheme) -> None:
        self.gate_up_proj = Matrix(2 * config.intermediate_size, config.hidden_size, scheme)
        self.down_proj = Matrix(config.hidden_size, config.intermediate_size, scheme)


class Layer(nn.Module):
    """Parameters of one transformer block, in the order of the model folder."""

    def __init__(self, config: LlamaConfig, scheme: Scheme) -> None:
        self.input_layernorm = Norm(config.hidden_size, scheme)
        self.self_attn = Attention(config, scheme)
        self.post_attention_layernorm = Norm(config.hidden_size, scheme)
        self.mlp = FeedForward(config, scheme)


class Stack(nn.Module):
    """Everything but the output projection; its attribute name gives the parameters their `model.` prefix."""

    def __init__(self, config: LlamaConfig, scheme: Scheme) -> None:
        self.embed_tokens = Matrix(config.vocab_size, config.hidden_size, scheme)
        self.layers = nn.ModuleList([Layer(config, scheme) for _ in range(config.num_hidden_layers)])
        self.norm = Norm(config.hidden_size, scheme)


class Llama(nn.Module):
    """The model and the functions that WebLLM calls on it.

    Args:
        config: architecture.
        scheme: how weights are stored and activations computed.
        schedule: "default" or "software"; see `operators`.
    """

    def __init__(self, config: LlamaConfig, scheme: Scheme, schedule: str) -> None:
        self.config, self.scheme, self.schedule = config, scheme, schedule
        self.operators = operators_for(schedule, scheme)
        self.model = Stack(config, scheme)
        if not config.tie_word_embeddings:
            self.lm_head = Matrix(config.vocab_size, config.hidden_size, scheme)

    def embed(self, input_ids: nn.Tensor) -> nn.Tensor:
        """Embeddings [n, hidden] of token ids int32 [n]."""
        matrix = self.model.embed_tokens
        return self.operators.embed(input_ids, matrix.tensors, matrix.rows, matrix.columns)

    def prefill(self, input_embed: nn.Tensor, paged_kv_cache: PagedKVCache) -> tuple[nn.Tensor, PagedKVCache]:
        """Logits float32 [1, 1, vocab] of the last of n tokens [1, n, hidden]."""
        x = input_embed
        for index, layer in enumerate(self.model.layers):
            x = self._layer(x, paged_kv_cache, index, layer)
        head = self.model.embed_tokens if self.config.tie_word_embeddings else self.lm_head
        return self._linear("lm_head", x, head, self.model.norm, last_row=True, out_dtype="float32"), paged_kv_cache

    def decode(self, input_embed: nn.Tensor, paged_kv_cache: PagedKVCache) -> tuple[nn.Tensor, PagedKVCache]:
        """The same for one token; kernels that know so can be faster."""
        return self.prefill(input_embed, paged_kv_cache)

    def _layer(self, x: nn.Tensor, kv: PagedKVCache, index: int, layer: Layer) -> nn.Tensor:
        config, attn, mlp = self.config, layer.self_attn, layer.mlp
        tokens, heads, head_dim = x.shape[1], config.num_attention_heads, config.head_dim
        qkv = self._linear("qkv_proj", x, attn.qkv_proj, layer.input_layernorm)
        qkv = nn.op.reshape(qkv, (1, tokens, heads + 2 * config.num_key_value_heads, head_dim))
        attended = kv.attention_with_fused_qkv(index, qkv, heads, sm_scale=head_dim**-0.5)
        attended = nn.op.reshape(attended, (1, tokens, heads * head_dim))
        x = self._linear("o_proj", attended, attn.o_proj, residual=x)
        gated = self._linear("gate_up_proj", x, mlp.gate_up_proj, layer.post_attention_layernorm, gated=True)
        return self._linear("down_proj", gated, mlp.down_proj, residual=x)

    def _linear(self, name: str, x: nn.Tensor, matrix: Matrix, norm: Norm | None = None, residual=None, **more):
        linear = Linear(
            rows=matrix.rows,
            columns=matrix.columns,
            normalized=norm is not None,
            residual=residual is not None,
            epsilon=self.config.rms_norm_eps,
            **more,
        )
        return self.operators.linear(name, linear, x, matrix.tensors, norm.weight if norm else None, residual)

    def create_tir_paged_kv_cache(
        self,
        max_batch_size: tirx.Var,
        max_total_seq_len: tirx.Var,
        prefill_chunk_size: tirx.Var,
        page_size: tirx.Var,
        support_sliding_window: tirx.Var,
    ) -> PagedKVCache:
        """The runtime's paged cache with this model's kernels."""
        limits = [max_batch_size, max_total_seq_len, prefill_chunk_size, page_size, support_sliding_window]
        return create_cache(self.config, self.scheme.activation_dtype, self.schedule, limits)

    def specification(self) -> spec.ModuleSpec:
        """The functions' signatures; parameters come last, as one packed array."""
        hidden, dtype = self.config.hidden_size, self.scheme.activation_dtype
        packed = {"param_mode": "packed", "effect_mode": "none"}
        plain = {"param_mode": "none", "effect_mode": "none"}

        def forward(tokens: int | str) -> dict:
            kv = spec.Object(object_type=PagedKVCache)
            return {"input_embed": spec.Tensor([1, tokens, hidden], dtype), "paged_kv_cache": kv, "$": packed}

        limits = ("max_batch_size", "max_total_seq_len", "prefill_chunk_size", "page_size", "support_sliding_window")
        return spec.ModuleSpec.from_raw(
            {
                "embed": {"input_ids": spec.Tensor(["seq_len"], "int32"), "$": packed},
                "prefill": forward("seq_len"),
                "decode": forward(1),
                "create_tir_paged_kv_cache": {**dict.fromkeys(limits, int), "$": plain},
            },
            self,
        )


def create_cache(config: LlamaConfig, dtype: str, schedule: str, limits: list[tirx.Var]) -> PagedKVCache:
    """Emits the creation of a paged cache, with only the kernels that WebLLM reaches.

    WebLLM keeps one sequence and never forks it, so there are no kernels for token trees, sliding windows, latent
    attention, copying pages or dumping the cache. Where the runtime wants a function anyway, it gets one that refuses.
    """
    builder = relax.BlockBuilder.current()
    heads, kv_heads, head_dim = config.num_attention_heads, config.num_key_value_heads, config.head_dim

    def kernel(name: str, function: tirx.PrimFunc) -> relax.GlobalVar:
        return builder.add_func(function, name)

    def backend(name: str, function: tirx.PrimFunc) -> relax.Tuple:
        return relax.Tuple([tvm.ir.StringImm("tirx"), kernel(name, function)])

    absent, left_out = relax.Tuple([]), relax.ExternFunc("reflection.kv_operation_left_out")
    if schedule == "software":
        ragged = attention.prefill_ragged(config, dtype)
        paged = attention.prefill_paged(config, dtype)
        decode = attention.decode(config, dtype)
    else:
        target = Target.current(allow_none=False)
        # The scaling is not passed on: keys are rotated before they reach these kernels.
        ragged = stock._attention_prefill_ragged(kv_heads, heads, head_dim, head_dim, dtype, {}, target)
        paged = stock._attention_prefill(kv_heads, heads, head_dim, dtype, False, {}, target)
        decode = stock._attention_decode(kv_heads, heads, head_dim, dtype, False, {}, target)
    arguments = [
        relax.ShapeExpr([*limits, 1024]),
        relax.ShapeExpr([0, config.num_hidden_layers]),
        relax.prim_value(heads),
        relax.prim_value(kv_heads),
        relax.prim_value(head_dim),
        relax.prim_value(head_dim),
        relax.ShapeExpr([int(AttnKind.MHA)] * config.num_hidden_layers),
        relax.prim_value(False),
        relax.prim_value(int(RopeMode.NORMAL)),
        relax.prim_value(1),
        relax.prim_value(config.rope_theta),
        relax.const(cache.inverse_frequencies(config), "float32"),
        relax.op.zeros((), dtype),
        kernel("append", cache.append(config, dtype)),
        relax.prim_value(0),
        backend("attention_prefill_ragged", ragged),
        backend("attention_prefill", paged),
        backend("attention_decode", decode),
        *[absent] * 5,
        relax.Tuple([kernel("attention_merge", cache.merge(config, dtype))]),
        kernel("split_rotary", cache.split_rotary(config, dtype)),
        *[left_out] * 3,
    ]
    create = relax.call_pure_packed("vm.builtin.paged_attention_kv_cache_create", *arguments, ty_args=relax.AnyType())
    return PagedKVCache(_expr=create, _name="paged_kv_cache")
