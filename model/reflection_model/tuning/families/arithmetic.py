"""Addition, subtraction and multiplication of whole numbers of one to five digits."""

from __future__ import annotations

from random import Random

from ..grammar import Side, grammar, message
from ..problem import Difficulty, Problem, Step
from ..written_numbers import written
from .column_steps import addition_steps, product_steps, subtraction_steps, written_sum_step
from .reading import reading_step

GRAMMAR = "arithmetic"


def _with_digits(random: Random, digits: int) -> int:
    return random.randrange(10 ** (digits - 1) if digits > 1 else 0, 10**digits)


def _two_numbers(random: Random, difficulty: Difficulty) -> tuple[int, int]:
    if difficulty == "hard":
        longest = random.choice((4, 4, 5))
        shortest = random.randint(1, longest)
    elif difficulty == "moderate":
        longest = random.choice((2, 3, 3))
        shortest = random.randint(1, longest)
    else:
        longest, shortest = random.choice((1, 2, 2)), 1
    return _with_digits(random, longest), _with_digits(random, shortest)


def _question(random: Random, side: Side, expression: str, request: str, in_signs: float, **numbers: int) -> str:
    """A question about an expression in signs (or words between the numbers), or a request in a sentence."""
    values = {name: written(random, number) for name, number in numbers.items()}
    if random.random() < in_signs:
        shape = grammar(GRAMMAR).say(random, expression, side, {"a": "{a}", "b": "{b}"})
        if " " not in shape:  # "46-five" is nothing that people write
            values = {name: numbers[name] if str(value)[0].isalpha() else value for name, value in values.items()}
        e = shape.format(**values)
        return message(random, GRAMMAR, "asked", side, e=e)
    return message(random, GRAMMAR, request, side, **values)


def addition(random: Random, difficulty: Difficulty, side: Side = "training") -> Problem:
    """Sums: easy 1 or 2 digits and 1, moderate up to 3, hard 4 or 5; one in twelve of three numbers."""
    a, b = _two_numbers(random, difficulty)
    if random.random() < 0.5:
        a, b = b, a
    if difficulty != "easy" and random.random() < 1 / 12:
        c = _with_digits(random, random.randint(1, 3))
        question = _question(random, side, "sum", "add-three", 0.0, a=a, b=b, t=c)
        steps = (written_sum_step(a, b, error_prone=True), written_sum_step(a + b, c, error_prone=True))
        key = "+".join(map(str, sorted((a, b, c))))
        steps = (reading_step(f"{a}+{b}+{c}"), *steps)
        return Problem("addition", difficulty, question, key, str(a + b + c), steps)
    question = _question(random, side, "sum", "add", 0.6, a=a, b=b)
    key = f"{min(a, b)}+{max(a, b)}"
    steps = (reading_step(f"{a}+{b}"), *addition_steps(a, b))
    return Problem("addition", difficulty, question, key, str(a + b), steps)


def subtraction(random: Random, difficulty: Difficulty, side: Side = "training") -> Problem:
    """Differences: easy 1 or 2 digits and 1, moderate up to 3, hard 4 or 5; one in twelve is negative."""
    a, b = _two_numbers(random, difficulty)
    a, b = max(a, b), min(a, b)
    if a != b and random.random() < 1 / 12:
        question = _question(random, side, "difference", "subtract", 1.0, a=b, b=a)
        steps = (reading_step(f"{b}-{a}"), Step(f" {b}<{a}, negative, {a}-{b}\n", f" {a}>{b}", (), False))
        steps += subtraction_steps(a, b)
        return Problem("subtraction", difficulty, question, f"{b}-{a}", str(b - a), steps)
    request = "gap" if random.random() < 0.25 else "subtract"
    question = _question(random, side, "difference", request, 0.55, a=a, b=b)
    steps = (reading_step(f"{a}-{b}"), *subtraction_steps(a, b))
    return Problem("subtraction", difficulty, question, f"{a}-{b}", str(a - b), steps)


def _factors(random: Random, difficulty: Difficulty) -> tuple[int, int]:
    if difficulty == "easy":
        return random.randrange(0, 13), random.randrange(0, 13)
    if difficulty == "moderate":
        if random.random() < 0.2:
            return random.randrange(1, 100) * 10 ** random.randrange(1, 3), random.randrange(2, 10)
        return random.randrange(11, 1000 if random.random() < 0.4 else 100), random.randrange(2, 10)
    lengths = random.choice(((2, 2), (2, 2), (2, 2), (2, 2), (3, 2), (3, 2), (4, 1), (5, 1), (3, 3), (4, 2)))
    return tuple(max(2, _with_digits(random, length)) for length in lengths)  # type: ignore[return-value]


def multiplication(random: Random, difficulty: Difficulty, side: Side = "training") -> Problem:
    """Products: easy up to 12 by 12, moderate up to 3 by 1 digits, hard 2 by 2 up to 3 by 3, or 4 or 5 by 1."""
    a, b = _factors(random, difficulty)
    if random.random() < 0.4:
        a, b = b, a
    question = _question(random, side, "product", "multiply", 0.6, a=a, b=b)
    key = f"{min(a, b)}*{max(a, b)}"
    steps = (reading_step(f"{a}*{b}"), *product_steps(a, b))
    return Problem("multiplication", difficulty, question, key, str(a * b), steps)
