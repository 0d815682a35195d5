"""Addition, subtraction and multiplication of whole numbers of one to five digits, now and then 100,000."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from random import Random

from ..grammar import Side, grammar, message
from ..problem import Difficulty, Problem, Step
from ..scenes import SHARE, claimed, draw_scene, filled, number_within
from ..written_numbers import words_share, written
from .column_steps import addition_steps, product_steps, subtraction_steps, written_sum_step
from .reading import reading_step

GRAMMAR = "arithmetic"

EDGES = 0.06
"""How many sums and differences have a carry through all digits, or a result of nearly nothing."""


def _with_digits(random: Random, digits: int) -> int:
    """A number of so many digits; one in sixteen is round, just below a round one, or has the same digit twice."""
    lowest = 10 ** (digits - 1) if digits > 1 else 0
    if random.random() < 1 / 16:
        return random.choice((lowest * random.randint(1, 9), 10**digits - 1, 10**digits // 9 * random.randint(1, 9)))
    return random.randrange(lowest, 10**digits)


def _at_an_edge(random: Random, digits: int) -> tuple[int, int]:
    """Numbers where a carry or a borrowing runs through all digits, or nearly nothing is left."""
    round_one = 10 ** random.randint(max(1, digits - 1), digits)
    few = random.choice((1, 1, random.randrange(1, 10), random.randrange(1, 100)))
    near = random.randrange(max(1, round_one // 2), round_one)
    return random.choice(
        ((round_one - random.choice((1, 1, 2, 5)), few), (round_one, few), (near, near), (near, max(0, near - few)))
    )


def _two_numbers(random: Random, difficulty: Difficulty) -> tuple[int, int]:
    if random.random() < EDGES:
        return _at_an_edge(
            random, {"easy": 1, "moderate": random.choice((2, 3)), "hard": random.choice((4, 5))}[difficulty]
        )
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
    words = words_share(random)
    values = {name: written(random, number, words) for name, number in numbers.items()}
    if random.random() < in_signs:
        shape = grammar(GRAMMAR).say(random, expression, side, {"a": "{a}", "b": "{b}"})
        if " " not in shape:  # "46-five" is nothing that people write, nor "46-12 000"
            values = {
                name: value if re.fullmatch(r"[\d,]+", value) else numbers[name] for name, value in values.items()
            }
        e = shape.format(**values)
        return message(random, GRAMMAR, "asked", side, e=e)
    return message(random, GRAMMAR, request, side, **values)


def _scene(
    random: Random,
    side: Side,
    family: str,
    draw: Callable[[], tuple[int, int]],
    worked_out: Callable[..., int],
    larger_first: bool = False,
) -> tuple[str, list[int]]:
    """A scene of a family and its numbers, two or three, in the order of their letters.

    `worked_out` gives the answer to them. With `larger_first` the first is the larger one, but where the scene asks for
    the result with its sign.
    """
    scene = draw_scene(random, family, side)
    slots = {name: bounds for name, bounds in scene.slots().items() if name in "abc"}
    while True:
        usual = draw()
        given = [number_within(random, slots[name]) for name in sorted(slots)]
        numbers = [usual[at % 2] if number is None else number for at, number in enumerate(given)]
        if scene.asked == "signed":
            numbers = numbers if random.random() < 0.4 else sorted(numbers)
            break
        if not larger_first or numbers[0] > numbers[1]:
            break
        if not any(slots.values()):
            numbers = sorted(numbers, reverse=True)
            break
    values: dict[str, object] = dict(zip(sorted(slots), numbers, strict=True))
    return filled(random, GRAMMAR, side, scene, values | {"claim": claimed(random, worked_out(*numbers))}), numbers


def addition(random: Random, difficulty: Difficulty, side: Side = "training") -> Problem:
    """Sums: easy 1 or 2 digits and 1, moderate up to 3, hard 4 or 5; some of three numbers."""
    if random.random() < SHARE:
        total = lambda *terms: sum(terms)  # noqa: E731
        question, numbers = _scene(random, side, "addition", lambda: _in_any_order(random, difficulty), total)
        return _sum(difficulty, question, numbers)
    a, b = _in_any_order(random, difficulty)
    if difficulty != "easy" and random.random() < 1 / 12:
        c = _with_digits(random, random.randint(1, 3))
        return _sum(difficulty, _question(random, side, "sum", "add-three", 0.0, a=a, b=b, t=c), [a, b, c])
    return _sum(difficulty, _question(random, side, "sum", "add", 0.6, a=a, b=b), [a, b])


def _in_any_order(random: Random, difficulty: Difficulty) -> tuple[int, int]:
    a, b = _two_numbers(random, difficulty)
    return (b, a) if random.random() < 0.5 else (a, b)


def _sum(difficulty: Difficulty, question: str, numbers: list[int]) -> Problem:
    """Two numbers are added column by column in lines of their own, more one after the other."""
    a, b, *more = numbers
    steps = list(addition_steps(a, b)) if not more else [written_sum_step(a, b, error_prone=True)]
    total = a + b
    for number in more:
        steps.append(written_sum_step(total, number, error_prone=True))
        total += number
    key = "+".join(map(str, sorted(numbers)))
    reading = reading_step("+".join(map(str, numbers)))
    return Problem("addition", difficulty, question, key, str(total), (reading, *steps))


def subtraction(random: Random, difficulty: Difficulty, side: Side = "training") -> Problem:
    """Differences: easy 1 or 2 digits and 1, moderate up to 3, hard 4 or 5; some are negative."""
    if random.random() < SHARE:
        draw = lambda: _two_numbers(random, difficulty)  # noqa: E731
        question, (a, b) = _scene(random, side, "subtraction", draw, operator.sub, larger_first=True)
        return _difference(difficulty, question, a, b)
    a, b = _two_numbers(random, difficulty)
    a, b = max(a, b), min(a, b)
    if a != b and random.random() < 1 / 6:
        return _difference(difficulty, _question(random, side, "difference", "subtract", 1.0, a=b, b=a), b, a)
    request = "gap" if random.random() < 0.25 else "subtract"
    return _difference(difficulty, _question(random, side, "difference", request, 0.55, a=a, b=b), a, b)


def _difference(difficulty: Difficulty, question: str, a: int, b: int) -> Problem:
    below_zero = (Step(f" {a}<{b}, negative, {b}-{a}\n", f" {b}>{a}", (), False),) if a < b else ()
    steps = (reading_step(f"{a}-{b}"), *below_zero, *subtraction_steps(max(a, b), min(a, b)))
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


def _turned_factors(random: Random, difficulty: Difficulty) -> tuple[int, int]:
    a, b = _factors(random, difficulty)
    return (b, a) if random.random() < 0.4 else (a, b)


_MULTIPLES = {
    2: (("twice", "double", "two times", "2 times", "2x"), "double"),
    3: (("three times", "triple", "3x"), "triple"),
}


def _multiple(random: Random, side: Side, difficulty: Difficulty) -> tuple[str, int, int]:
    """Twice or three times a number, asked in words; the question and both factors."""
    a, b = random.choice((2, 2, 3)), _with_digits(random, {"easy": 2, "moderate": 3, "hard": 4}[difficulty])
    said, verb = _MULTIPLES[a]
    values = {"d": random.choice(said), "v": verb, "V": verb.capitalize(), "b": written(random, b)}
    return message(random, GRAMMAR, "multiple", side, **values), a, b


def multiplication(random: Random, difficulty: Difficulty, side: Side = "training") -> Problem:
    """Products: easy up to 12 by 12, moderate up to 3 by 1 digits, hard 2 by 2 up to 3 by 3, or 4 or 5 by 1."""
    if random.random() < 0.05:
        question, a, b = _multiple(random, side, difficulty)
    elif random.random() < SHARE:
        draw = lambda: _turned_factors(random, difficulty)  # noqa: E731
        question, (a, b) = _scene(random, side, "multiplication", draw, operator.mul)
    else:
        a, b = _turned_factors(random, difficulty)
        question = _question(random, side, "product", "multiply", 0.6, a=a, b=b)
    key = f"{min(a, b)}*{max(a, b)}"
    steps = (reading_step(f"{a}*{b}"), *product_steps(a, b))
    return Problem("multiplication", difficulty, question, key, str(a * b), steps)
