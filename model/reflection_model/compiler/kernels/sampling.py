"""Softmax, and an exact draw from the nucleus without sorting.

WebLLM asks for probabilities, for their order, and for a token. Sorting a vocabulary costs far more than a draw needs,
and nothing asks that the order be descending as long as the draw honours top_p: so `argsort_probs` keeps the order of
the vocabulary and `sample` finds the nucleus by searching for its smallest probability.
"""

from __future__ import annotations

from tvm import tirx
from tvm.script.ir_builder import tirx as T

from .builder import Kernel, barrier, build_kernel, cast, ceil_div, local, loop, select, shared, size, threads, when

GREEDY_BELOW = 1e-5
"""Temperatures below this mean zero. WebLLM replaces 0 by 1e-6, and takes nothing between."""

LOWEST = -3.0e38
SEARCH_STEPS = 30
"""A probability is at most 1.0, whose bit pattern 0x3F800000 is below 2 ** 30; positive floats order as their bits."""


def softmax(width: int) -> tirx.PrimFunc:
    """Arguments: logits float32 [1, 1, V], temperature float32 [1], probabilities float32 [1, 1, V].

    At temperature 0 the result is 1 at the highest logit (the first of equals) and 0 elsewhere. Logits from -inf to
    +inf are allowed; the maximum is subtracted before dividing, so nothing overflows.
    """

    def write(kernel: Kernel) -> None:
        rows, vocabulary = size(), size()
        logits = kernel.tensor((rows, 1, vocabulary), "float32")
        temperature = kernel.tensor((rows,), "float32")
        probabilities = kernel.tensor((rows, 1, vocabulary), "float32")
        with threads(width, rows) as (row, thread):
            best = shared("float32", width)
            best_at = shared("int32", width)
            sums = shared("float32", width)
            value = local("float32", 3)  # maximum, sum, one logit
            at = local("int32", 2)

            def logit(index):
                return tirx.max(tirx.min(logits[row, 0, index], -LOWEST), LOWEST)

            value[0] = tirx.const(LOWEST, "float32")
            at[0] = vocabulary
            with loop((vocabulary - thread + (width - 1)) // width) as step:
                value[2] = logit(thread + step * width)
                with when(tirx.any(value[2] > value[0], at[0] == vocabulary)):
                    value[0] = value[2]
                    at[0] = thread + step * width
            best[thread] = value[0]
            best_at[thread] = at[0]
            barrier()
            with loop(width) as i:
                # Copied first: the compiler takes no shared memory in a branch's condition.
                value[2] = best[i]
                at[1] = best_at[i]
                with when(tirx.any(value[2] > value[0], tirx.all(value[2] == value[0], at[1] < at[0]))):
                    value[0] = value[2]
                    at[0] = at[1]

            def weight(index):
                return tirx.exp((logit(index) - value[0]) / temperature[row])

            value[1] = tirx.const(0.0, "float32")
            with loop((vocabulary - thread + (width - 1)) // width) as step:
                value[1] = value[1] + weight(thread + step * width)
            sums[thread] = value[1]
            barrier()
            value[1] = tirx.const(0.0, "float32")
            with loop(width) as i:
                value[1] = value[1] + sums[i]
            with loop((vocabulary - thread + (width - 1)) // width) as step:
                index = thread + step * width
                greedy = select(index == at[0], tirx.const(1.0, "float32"), tirx.const(0.0, "float32"))
                probabilities[row, 0, index] = select(temperature[row] < GREEDY_BELOW, greedy, weight(index) / value[1])

    return build_kernel(write)


def iota(width: int) -> tirx.PrimFunc:
    """Argument: int32 [1, V], filled with 0 to V - 1."""

    def write(kernel: Kernel) -> None:
        rows, vocabulary = size(), size()
        out = kernel.tensor((rows, vocabulary), "int32")
        with threads(width, ceil_div(rows * vocabulary, width)) as (block, thread):
            item = block * width + thread
            with when(item < rows * vocabulary):
                out[item // vocabulary, item % vocabulary] = item % vocabulary

    return build_kernel(write)


def sample(width: int) -> tirx.PrimFunc:
    """Draws one token from the nucleus.

    The nucleus is the smallest set of most probable tokens whose mass is at least top_p. Its smallest probability t is
    found by bisecting the bit patterns of the floats, which is exact: t is a probability that occurs. Of the tokens
    with probability t the first ones are kept, as many as the mass needs, as a stable sort would. A uniform number
    then picks by running sums in the order of the vocabulary; rounding cannot lead outside the nucleus.

    Arguments: probabilities float32 [1, V], indices int32 [1, V], uniform float32 [n], row of each draw int32 [n],
    top_p float32 [1], the tokens int32 [n]. One workgroup a draw.
    """

    def write(kernel: Kernel) -> None:
        rows, vocabulary, draws = size(), size(), size()
        probabilities = kernel.tensor((rows, vocabulary), "float32")
        indices = kernel.tensor((rows, vocabulary), "int32")
        uniform = kernel.tensor((draws,), "float32")
        row_of = kernel.tensor((draws,), "int32")
        top_p = kernel.tensor((rows,), "float32")
        tokens = kernel.tensor((draws,), "int32")
        with threads(width, draws) as (draw, thread):
            partial = [shared("float32", width) for _ in range(2)]
            tie_counts = shared("int32", width)
            row = local("int32")
            row[0] = row_of[draw]
            mass = local("float32", 4)  # own part, folded mass, target, one probability
            bits = local("int32", 3)  # low, high, middle

            def pattern(index):
                return T.reinterpret("int32", probabilities[row[0], index])

            def mass_from(threshold, turn: int) -> None:
                """Leaves the mass of all probabilities of at least `threshold` (bits) in mass[1], in every thread.

                Two shared arrays in turn, so that one barrier a sum is enough. The order of the sum never changes, so
                a smaller set cannot round to a larger mass.
                """
                mass[0] = tirx.const(0.0, "float32")
                with loop((vocabulary - thread + (width - 1)) // width) as step:
                    index = thread + step * width
                    with when(pattern(index) >= threshold):
                        mass[0] = mass[0] + probabilities[row[0], index]
                partial[turn][thread] = mass[0]
                barrier()
                mass[1] = tirx.const(0.0, "float32")
                with loop(width) as i:
                    mass[1] = mass[1] + partial[turn][i]

            mass_from(1, 0)
            mass[2] = tirx.min(top_p[row[0]], mass[1])
            bits[0] = tirx.const(1, "int32")  # the mass from here reaches the target
            bits[1] = tirx.const(1 << SEARCH_STEPS, "int32")  # and from here it does not
            with loop(SEARCH_STEPS // 2):
                for turn in (1, 0):
                    bits[2] = bits[0] + (bits[1] - bits[0]) // 2
                    mass_from(bits[2], turn)
                    reached = mass[1] >= mass[2]
                    bits[1] = select(reached, bits[1], bits[2])
                    bits[0] = select(reached, bits[2], bits[0])
            # bits[0] is now the nucleus's smallest probability t. What the larger ones lack, the first equal ones fill.
            mass_from(bits[0] + 1, 1)
            wanted = local("int32")
            mass[3] = T.reinterpret("float32", bits[0])
            # Bounded before the conversion: a tiny t makes the quotient larger than any whole number.
            lacking = tirx.min(tirx.ceil((mass[2] - mass[1]) / mass[3]), cast(vocabulary, "float32"))
            wanted[0] = tirx.max(cast(lacking, "int32"), 1)

            # Each thread now owns a run of consecutive tokens, so that order has a meaning.
            run = local("int32", 4)  # first, end, equals seen before, equals allowed here
            per_thread = ceil_div(vocabulary, width)
            run[0] = tirx.min(thread * per_thread, vocabulary)
            run[1] = tirx.min(run[0] + per_thread, vocabulary)
            run[2] = tirx.const(0, "int32")
            with loop(run[1] - run[0]) as step, when(pattern(run[0] + step) == bits[0]):
                run[2] = run[2] + 1
            tie_counts[thread] = run[2]
            barrier()
            run[2] = tirx.const(0, "int32")
            with loop(thread) as i:
                run[2] = run[2] + tie_counts[i]
            run[3] = run[2]
            mass[0] = tirx.const(0.0, "float32")

            def in_nucleus(index):
                """Reads and advances the count of equals; call once a token, in order."""
                above = pattern(index) > bits[0]
                equal = tirx.all(pattern(index) == bits[0], run[3] < wanted[0])
                return tirx.any(above, equal)

            with loop(run[1] - run[0]) as step:
                with when(in_nucleus(run[0] + step)):
                    mass[0] = mass[0] + probabilities[row[0], run[0] + step]
                with when(pattern(run[0] + step) == bits[0]):
                    run[3] = run[3] + 1
            partial[0][thread] = mass[0]
            barrier()
            # The thread in whose run the draw falls: the last with mass whose sum before it is not above the draw.
            mass[1] = tirx.const(0.0, "float32")
            with loop(width) as i:
                mass[1] = mass[1] + partial[0][i]
            mass[2] = uniform[draw] * mass[1]
            chosen = local("int32", 2)  # thread, token
            chosen[0] = tirx.const(0, "int32")
            mass[1] = tirx.const(0.0, "float32")
            mass[3] = tirx.const(0.0, "float32")
            with loop(width) as i:
                mass[0] = partial[0][i]
                with when(tirx.all(mass[0] > 0.0, mass[1] <= mass[2])):
                    chosen[0] = i
                    mass[3] = mass[1]
                mass[1] = mass[1] + mass[0]
            with when(thread == chosen[0]):
                run[3] = run[2]
                chosen[1] = run[0]
                with loop(run[1] - run[0]) as step:
                    with when(in_nucleus(run[0] + step)):
                        with when(mass[3] <= mass[2]):
                            chosen[1] = run[0] + step
                        mass[3] = mass[3] + probabilities[row[0], run[0] + step]
                    with when(pattern(run[0] + step) == bits[0]):
                        run[3] = run[3] + 1
                tokens[draw] = indices[row[0], chosen[1]]

    return build_kernel(write)
