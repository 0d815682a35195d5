"""Written arithmetic: one step a column, and the short checks by columns that reflections use."""

from __future__ import annotations

from random import Random

from ..problem import Mistake, Step, fixed_mistake, numeric_mistakes

COLUMNS = ("ones", "tens", "hundreds", "thousands", "ten-thousands", "hundred-thousands", "millions")


def digit(value: int, column: int) -> int:
    """The digit of `value` in a column; 0 is the ones."""
    return value // 10**column % 10


def sum_check(a: int, b: int) -> str:
    """`a + b` column by column, ending in the result: ` 7+8=15, 4+2+1=7, 75`."""
    parts, carry = [], 0
    for column in range(max(len(str(a)), len(str(b)))):
        x, y = digit(a, column), digit(b, column)
        total = x + y + carry
        parts.append(f" {x}+{y}{'+1' if carry else ''}={total}")
        carry = total // 10
    return ",".join(parts) + f", {a + b}"


def difference_check(a: int, b: int) -> str:
    """`a - b` (a >= b) column by column, ending in the result."""
    parts, borrow = [], 0
    for column in range(len(str(a))):
        x, y = digit(a, column), digit(b, column)
        lend = int(x - y - borrow < 0)
        parts.append(f" {x + 10 * lend}-{y}{'-1' if borrow else ''}={x + 10 * lend - y - borrow}")
        borrow = lend
    return ",".join(parts) + f", {a - b}"


def product_check(a: int, b: int) -> str:
    """`a * b` with `b` a digit or a digit with zeros, by the digits of `a`, ending in the result."""
    parts = [digit(a, column) * 10**column for column in reversed(range(len(str(a))))]
    parts = [part for part in parts if part] or [0]
    if len(parts) == 1:
        left, right = int(str(a).rstrip("0") or "0"), int(str(b).rstrip("0") or "0")
        text = f" {right}*{left}={left * right}"
        return text if left * right == a * b else f"{text}, {a * b}"
    text = ",".join(f" {part}*{b}={part * b}" for part in parts)
    total = parts[0] * b
    for part in parts[1:]:
        text += f", {total}+{part * b}={total + part * b}"
        total += part * b
    return text + f", {total}"


def sum_step(a: int, b: int, error_prone: bool = False) -> Step:
    """` 23+45=68`, checked by columns."""
    return _result_step(f" {a}+{b}", a + b, sum_check(a, b), error_prone, abs(a - b))


def difference_step(a: int, b: int, error_prone: bool = False) -> Step:
    """` 68-45=23` (a >= b), checked by columns."""
    return _result_step(f" {a}-{b}", a - b, difference_check(a, b), error_prone, a + b)


def product_step(a: int, b: int, error_prone: bool = False) -> Step:
    """` 47*8=376`, `b` a digit or a digit with zeros, checked by the digits of `a`."""
    return _result_step(f" {a}*{b}", a * b, product_check(a, b), error_prone, a + b)


def _result_step(
    expression: str, value: int, check: str, error_prone: bool, other_operation: int, sign: str = "="
) -> Step:
    text_of = lambda result: f"{expression}{sign}{result}\n"  # noqa: E731
    mistakes = numeric_mistakes(value, text_of)
    if other_operation != value:
        mistakes += (fixed_mistake("other operation", text_of(other_operation), str(other_operation)),)
    return Step(text_of(value), check, mistakes, error_prone)


def _column_step(
    label: str,
    expression: str,
    check: str,
    value: int,
    kept: str,
    last: bool,
    error_prone: bool,
    without_carry: int | None,
) -> Step:
    def text_of(result: int) -> str:
        return f" {label} {expression}={result}, {result if last else result % 10}{kept}\n"

    mistakes = numeric_mistakes(value, text_of)
    right_kept = f"{value if last else value % 10}{kept}"

    def kept_off_by_one(random: Random) -> Mistake | None:
        i = random.randrange(len(right_kept))
        changed = str((int(right_kept[i]) + random.choice((1, 9))) % 10)
        wrong = right_kept[:i] + changed + right_kept[i + 1 :]
        return Mistake("kept digit off by one", f" {label} {expression}={value}, {wrong}\n", wrong)

    mistakes += (kept_off_by_one,)
    if without_carry is not None and without_carry >= 0:
        mistakes += (fixed_mistake("forgotten carry", text_of(without_carry), str(without_carry)),)
    return Step(text_of(value), f"{check}, {right_kept}", mistakes, error_prone)


def addition_steps(a: int, b: int) -> tuple[Step, ...]:
    """One step a column from the ones up: ` tens 4+8+1=13, 36` (the sum, then the digits of the result so far)."""
    steps, carry, kept = [], 0, ""
    columns = max(len(str(a)), len(str(b)))
    for column in range(columns):
        x, y, last = digit(a, column), digit(b, column), column == columns - 1
        total = x + y + carry
        expression = f"{x}+{y}{'+1' if carry else ''}"
        check = f" {x}+{y}={x + y}, {x + y}+1={total}" if carry else f" {y}+{x}={total}"
        steps.append(
            _column_step(
                COLUMNS[column],
                expression,
                check,
                total,
                kept,
                last,
                bool(carry) and total >= 10,
                x + y if carry else None,
            )
        )
        kept = (str(total) if last else str(total % 10)) + kept
        carry = total // 10
    return tuple(steps)


def subtraction_steps(a: int, b: int) -> tuple[Step, ...]:
    """One step a column of `a - b` (a >= b): ` tens 4<8+1, 14-8-1=5, 53`; the comparison says whether it borrows."""
    steps, borrow, kept = [], 0, ""
    for column in range(len(str(a))):
        x, y = digit(a, column), digit(b, column)
        taken = f"{y}{'+1' if borrow else ''}"
        lend = int(x - y - borrow < 0)
        top = x + 10 * lend
        result = top - y - borrow
        sign = "<" if lend else "=" if x == y + borrow else ">"
        check = f" {result}+{y}={result + y}" + (f", {result + y}+1={top}" if borrow else "")
        steps.append(
            _column_step(
                COLUMNS[column],
                f"{x}{sign}{taken}, {top}-{y}{'-1' if borrow else ''}",
                check,
                result,
                kept,
                False,
                bool(borrow) and bool(lend),
                top - y if borrow else None,
            )
        )
        kept = str(result) + kept
        borrow = lend
    return tuple(steps)


def written_sum_step(a: int, b: int, error_prone: bool = False) -> Step:
    """` 4512+389: 2+9=11, 1+8+1=10, 5+3+1=9, 4+0=4, 4901`: the columns in one line, for what is too long at once."""
    if min(a, b) < 100 and a + b < 1000:
        return sum_step(a, b, error_prone)
    columns = sum_check(a, b).rpartition(",")[0]
    check = f"{difference_check(a + b, b)}, {a + b}"
    return _result_step(f" {a}+{b}:{columns},", a + b, check, error_prone, abs(a - b), " ")


def written_difference_step(a: int, b: int, error_prone: bool = False) -> Step:
    """The same for `a - b` (a >= b), checked by adding back."""
    if b < 100 and a < 1000:
        return difference_step(a, b, error_prone)
    columns = difference_check(a, b).rpartition(",")[0]
    check = f"{sum_check(a - b, b)}, {a - b}"
    return _result_step(f" {a}-{b}:{columns},", a - b, check, error_prone, a + b, " ")


def product_steps(a: int, b: int) -> tuple[Step, ...]:
    """`a * b` in full: the longer number by each digit of the shorter one from the ones up, and the sums of those."""
    if len(str(a)) < len(str(b)):
        a, b = b, a
    if a == 0 or b == 0 or len(str(a)) == 1:
        return (product_step(a, b, error_prone=a * b > 40),)
    steps: list[Step] = []
    total: int | None = None
    for column in range(len(str(b))):
        value = digit(b, column)
        if value == 0:
            continue
        if a < 100 or len(str(a).rstrip("0")) == 1:
            steps.append(product_step(a, value * 10**column, error_prone=value > 1))
        else:
            steps += _product_columns(a, value)
            if column:
                steps.append(_shifted_step(a * value, column))
        if total is None:
            total = a * value * 10**column
        else:
            steps.append(written_sum_step(total, a * value * 10**column))
            total += a * value * 10**column
    return tuple(steps)


def _product_columns(a: int, b: int) -> list[Step]:
    """One step a column of `a` by one digit: ` tens 5*8+3=43, 32` (the product and what was carried, the result)."""
    steps, carry, kept = [], 0, ""
    columns = len(str(a))
    for column in range(columns):
        x, last = digit(a, column), column == columns - 1
        total = x * b + carry
        check = f" {b}*{x}={x * b}" + (f", {x * b}+{carry}={total}" if carry else "")
        expression = f"{x}*{b}{f'+{carry}' if carry else ''}"
        without = x * b if carry else None
        steps.append(_column_step(COLUMNS[column], expression, check, total, kept, last, carry > 2, without))
        kept = (str(total) if last else str(total % 10)) + kept
        carry = total // 10
    return steps


def _shifted_step(value: int, zeros: int) -> Step:
    """` 492*10=4920`."""
    check = f" {value} with {zeros} zero{'s' * (zeros > 1)}, {value * 10**zeros}"
    return _result_step(f" {value}*{10**zeros}", value * 10**zeros, check, False, value)
