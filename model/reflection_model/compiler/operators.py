"""How the model's layers become kernels: one way for real GPUs, one for software GPUs."""

from __future__ import annotations

from tvm import te, tirx
from tvm.relax.frontend import nn

from ..schemes import GROUP_SIZE, VALUES_PER_WORD, Scheme
from .kernels import embedding, linear, pointwise
from .kernels.linear import Linear
from .kernels.weights import ZERO_POINT

SCHEDULES = ("default", "software")


class Operators:
    """The three operations of a layer that the schedule decides; `software` makes products without barriers.

    Args:
        scheme: how weights are stored.
    """

    def __init__(self, scheme: Scheme) -> None:
        self.scheme = scheme

    def embed(self, ids: nn.Tensor, matrix: list[nn.Tensor], rows: int, columns: int) -> nn.Tensor:
        """Embeddings [n, columns] of token ids [n]."""
        kernel = embedding.embedding(rows, columns, self.scheme)
        out = nn.Tensor.placeholder((ids.shape[0], columns), self.scheme.activation_dtype)
        return nn.op.tensor_ir_op(kernel, "embed_tokens", [ids, *matrix], out)

    def linear(
        self, name: str, spec: Linear, x: nn.Tensor, matrix: list[nn.Tensor], norm_weight=None, residual=None
    ) -> nn.Tensor:
        """Applies a fused matrix product to x [1, n, K]."""
        if norm_weight is not None:
            dtype, workgroup = self.scheme.activation_dtype, pointwise.SOFTWARE_THREADS
            # Of all tokens also before the last one's logits: the kernel is there already.
            kernel = pointwise.rms_norm(spec.columns, spec.epsilon, dtype, last_row=False, workgroup=workgroup)
            out = nn.Tensor.placeholder(x.shape, dtype)
            x = nn.op.tensor_ir_op(kernel, "rms_norm", [x, norm_weight], out)
        given = [x, *matrix] + ([residual] if residual is not None else [])
        tokens = 1 if spec.last_row else x.shape[1]
        out = nn.Tensor.placeholder((1, tokens, spec.width), spec.out_dtype or self.scheme.activation_dtype)
        return nn.op.tensor_ir_op(linear.linear(spec, self.scheme), name, given, out)


class TunedOperators(Operators):
    """For real GPUs: plain products that TVM's schedules tile into shared memory, other kernels at one and many tokens.

    The norm stays its own kernel, so that the product's input is read from shared memory as often as it is needed.
    """

    def linear(
        self, name: str, spec: Linear, x: nn.Tensor, matrix: list[nn.Tensor], norm_weight=None, residual=None
    ) -> nn.Tensor:
        dtype = self.scheme.activation_dtype
        if spec.normalized:
            kernel = pointwise.rms_norm(spec.columns, spec.epsilon, dtype, spec.last_row)
            out = nn.Tensor.placeholder((1, 1 if spec.last_row else x.shape[1], spec.columns), dtype)
            x = nn.op.tensor_ir_op(kernel, "rms_norm_last" if spec.last_row else "rms_norm", [x, norm_weight], out)
        arguments = [x, *matrix] + ([residual] if residual is not None else [])
        if not spec.last_row and not (isinstance(x.shape[1], int) and x.shape[1] == 1):
            name = f"{name}_prompt"  # at one token, known when compiling, another schedule applies
        product = nn.tensor_expr_op(self._product(spec), name, arguments)
        if not spec.gated:
            return product
        out = nn.Tensor.placeholder((1, x.shape[1], spec.width), dtype)
        return nn.op.tensor_ir_op(pointwise.gate(spec.width, dtype), "silu_multiply", [product], out)

    def _product(self, spec: Linear):
        scheme, out_dtype = self.scheme, spec.out_dtype or self.scheme.activation_dtype

        def product(x: te.Tensor, *others: te.Tensor) -> te.Tensor:
            if scheme.quantized:
                words, scales = others[:2]

                def weight(row, column):
                    shift = tirx.Cast("uint32", (column % VALUES_PER_WORD) * 4)
                    stored = tirx.bitwise_and(
                        tirx.shift_right(words[row, column // VALUES_PER_WORD], shift), tirx.const(15, "uint32")
                    )
                    # In float32 also for float16 schemes: a float16 product would round the weight.
                    value = stored.astype("float32") - tirx.const(float(ZERO_POINT), "float32")
                    return value * scales[row, column // GROUP_SIZE].astype("float32")

                matrix = te.compute((spec.rows, spec.columns), weight, name="dequantize")
            else:
                matrix = others[0]
            k = te.reduce_axis((0, spec.columns), name="k")
            total = te.compute(
                (1, x.shape[1], spec.rows),
                lambda b, t, n: te.sum(x[b, t, k].astype("float32") * matrix[n, k].astype("float32"), axis=k),
                name="product",
            )
            if spec.residual:
                residual = others[-1]
                return te.compute(
                    total.shape,
                    lambda b, t, n: (total[b, t, n] + residual[b, t, n].astype("float32")).astype(out_dtype),
                    name="add_residual",
                )
            if out_dtype == "float32":
                return total
            return te.compute(total.shape, lambda b, t, n: total[b, t, n].astype(out_dtype), name="round")

        return product


def operators_for(schedule: str, scheme: Scheme) -> Operators:
    """The operators of a schedule, one of `SCHEDULES`."""
    return {"default": TunedOperators, "software": Operators}[schedule](scheme)
