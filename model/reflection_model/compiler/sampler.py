"""The functions between logits and a token, as WebLLM calls them."""

from __future__ import annotations

from tvm import relax, tirx

from .kernels import logits as logit_kernels
from .kernels import sampling


def _tensor(name: str, shape: tuple, dtype: str) -> relax.Var:
    return relax.Var(name, relax.TensorType(shape, dtype))


def add_sampler(builder: relax.BlockBuilder, width: int) -> None:
    """Adds softmax_with_temperature, argsort_probs, sample_with_top_p and the three that change logits.

    Args:
        builder: holds the module.
        width: threads of the workgroups that reduce over the vocabulary.
    """
    batch, vocabulary, tokens, sequences, words, draws = (
        tirx.Var(name, "int64")
        for name in ("batch_size", "vocab_size", "num_token", "num_seq", "mask_words", "num_samples")
    )
    logits = ("logits", (batch, vocabulary), "float32")
    temperature = _tensor("temperature", (batch,), "float32")
    probabilities = _tensor("logits", (batch, 1, vocabulary), "float32")
    _call(builder, "softmax_with_temperature", sampling.softmax(width), [probabilities, temperature], probabilities.ty)

    unsorted = _tensor("probs", (batch, vocabulary), "float32")
    with builder.function("argsort_probs", [unsorted]):
        with builder.dataflow():
            numbers = builder.add_func(sampling.iota(width), "iota")
            order = builder.emit(relax.call_tir(numbers, [], out_ty=relax.TensorType((batch, vocabulary), "int32")))
            result = builder.emit_output(relax.Tuple([unsorted, order]))
        builder.emit_func_output(result)

    drawn = [
        _tensor("sorted_probs", (batch, vocabulary), "float32"),
        _tensor("sorted_indices", (batch, vocabulary), "int32"),
        _tensor("uniform_samples", (draws,), "float32"),
        _tensor("sample_indices", (draws,), "int32"),
        _tensor("top_p", (batch,), "float32"),
    ]
    _call(builder, "sample_with_top_p", sampling.sample(width), drawn, relax.TensorType((draws,), "int32"))

    position, token_ids = ("pos2seq_id", (tokens,), "int32"), ("token_ids", (tokens,), "int32")
    seq_ids = ("seq_ids", (sequences,), "int32")
    _call(
        builder,
        "apply_logit_bias_inplace",
        logit_kernels.add_bias(),
        [_tensor(*logits), _tensor(*position), _tensor(*token_ids), _tensor("logit_bias", (tokens,), "float32")],
    )
    _call(
        builder,
        "apply_penalty_inplace",
        logit_kernels.apply_penalties(),
        [
            _tensor(*logits),
            _tensor(*seq_ids),
            _tensor(*position),
            _tensor(*token_ids),
            _tensor("token_cnt", (tokens,), "int32"),
            _tensor("penalties", (sequences, 3), "float32"),
        ],
    )
    _call(
        builder,
        "apply_bitmask_inplace",
        logit_kernels.apply_bitmask(),
        [_tensor(*logits), _tensor(*seq_ids), _tensor("bitmask", (batch, words), "int32")],
    )


def _call(
    builder: relax.BlockBuilder,
    name: str,
    kernel: tirx.PrimFunc,
    parameters: list[relax.Var],
    out: relax.TensorType | None = None,
) -> None:
    """Adds a function that runs one kernel: into a new tensor of type `out`, or in place on the first parameter."""
    with builder.function(name, parameters):
        with builder.dataflow():
            function = builder.add_func(kernel, f"run_{name}")
            if out is None:
                call = relax.op.call_tir_inplace(function, parameters, inplace_indices=[0], out_ty=[parameters[0].ty])
            else:
                call = relax.call_tir(function, parameters, out_ty=out)
            result = builder.emit_output(builder.emit(call))
        builder.emit_func_output(result)
