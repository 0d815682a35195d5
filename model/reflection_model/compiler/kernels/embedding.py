"""Looking up token embeddings."""

from __future__ import annotations

from tvm import tirx

from ...schemes import GROUP_SIZE, VALUES_PER_WORD, Scheme
from .builder import Kernel, build_kernel, cast, ceil_div, local, size, threads, when
from .weights import ZERO_POINT, Matrix, nibble

THREADS = 64


def embedding(vocab_size: int, hidden_size: int, scheme: Scheme) -> tirx.PrimFunc:
    """Arguments: token ids int32 [n], the matrix, the output [n, hidden]; eight outputs a thread."""
    words = hidden_size // VALUES_PER_WORD

    def write(kernel: Kernel) -> None:
        tokens = size()
        ids = kernel.tensor((tokens,), "int32")
        matrix = Matrix(kernel, vocab_size, hidden_size, scheme)
        out = kernel.tensor((tokens, hidden_size), scheme.activation_dtype)
        with threads(THREADS, ceil_div(tokens * words, THREADS)) as (block, thread):
            item = block * THREADS + thread
            with when(item < tokens * words):
                token, index = item // words, item % words
                row = ids[token]
                word = local("uint32")
                if matrix.quantized:
                    word[0] = matrix.word(row, index)
                for j in range(VALUES_PER_WORD):
                    column = index * VALUES_PER_WORD + j
                    if matrix.quantized:
                        group = index // (GROUP_SIZE // VALUES_PER_WORD)
                        value = (nibble(word[0], j) - float(ZERO_POINT)) * matrix.scale(row, group)
                    else:
                        value = matrix.value(row, column)
                    out[token, column] = cast(value, scheme.activation_dtype)

    return build_kernel(write)
