"""Unit conversions and sums: hours and minutes, metres and centimetres, kilograms and grams, and so on."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from ..phrasing import choose
from ..problem import Difficulty, Problem, Step, numeric_mistakes
from .column_steps import difference_step, product_step, sum_step


@dataclass(frozen=True)
class Pair:
    """A larger unit that holds `factor` of a smaller one; names are plural, short signs as people write them."""

    large: str
    small: str
    factor: int
    large_short: str
    small_short: str
    most: int


PAIRS = (
    Pair("hours", "minutes", 60, "h", "min", 12),
    Pair("minutes", "seconds", 60, "min", "s", 20),
    Pair("days", "hours", 24, "d", "h", 9),
    Pair("weeks", "days", 7, "weeks", "days", 20),
    Pair("metres", "centimetres", 100, "m", "cm", 30),
    Pair("meters", "centimeters", 100, "m", "cm", 30),
    Pair("centimetres", "millimetres", 10, "cm", "mm", 90),
    Pair("kilometres", "metres", 1000, "km", "m", 30),
    Pair("kilometers", "meters", 1000, "km", "m", 30),
    Pair("kilograms", "grams", 1000, "kg", "g", 30),
    Pair("litres", "millilitres", 1000, "l", "ml", 20),
    Pair("dollars", "cents", 100, "dollars", "cents", 40),
    Pair("years", "months", 12, "years", "months", 12),
    Pair("dozen", "eggs", 12, "dozen", "eggs", 12),
)


def _amount(number: int, name: str) -> str:
    """`1 hour`, `3 hours`; a short sign or a name without a plural stays."""
    singular = number == 1 and name.endswith("s") and len(name) > 2
    return f"{number} {name[:-1] if singular else name}"


def unit_sum(random: Random, difficulty: Difficulty) -> Problem:
    """Easy: one conversion. Moderate: a conversion and a sum. Hard: back to mixed units, or two mixed amounts added."""
    pair = random.choice(PAIRS)
    short = random.random() < 0.25
    large, small = (pair.large_short, pair.small_short) if short else (pair.large, pair.small)
    count = random.randrange(1, pair.most + 1)
    rest = random.randrange(1, pair.factor)
    if difficulty == "easy":
        question = choose(
            random, "How many {s} are in {a}?", "Convert {a} to {s}.", "How many {s} are there in {a}?", "{a} in {s}?",
            "What is {a} in {s}?", "How many {s} is {a}?", s=small, a=_amount(count, large),
        )  # fmt: skip
        steps = (product_step(pair.factor, count),) if count < 10 else (product_step(count, pair.factor),)
        key = f"{count} {pair.large} {pair.small}"
        return Problem("units", difficulty, question, key, _amount(count * pair.factor, small), steps)
    if difficulty == "moderate":
        question = choose(
            random, "How many {s} are {a} and {b}?", "How many {s} are in {a} and {b}?", "Convert {a} and {b} to {s}.",
            "What is {a} {b} in {s}?",
            "How many {s} is {a} {b}?", s=small, a=_amount(count, large), b=_amount(rest, small),
        )  # fmt: skip
        whole = count * pair.factor
        steps = (_conversion(count, pair.factor), sum_step(whole, rest, error_prone=True))
        key = f"{count} {pair.large} {rest} {pair.small}"
        return Problem("units", difficulty, question, key, _amount(whole + rest, small), steps)
    if random.random() < 0.5:
        return _into_mixed_units(random, pair, large, small, count, rest)
    return _sum_of_mixed(random, pair, large, small)


def _conversion(count: int, factor: int) -> Step:
    return product_step(count, factor, error_prone=factor in (60, 24, 12) and count > 2)


def _into_mixed_units(random: Random, pair: Pair, large: str, small: str, count: int, rest: int) -> Problem:
    total = count * pair.factor + rest
    question = choose(
        random, "How many {l} and {s} are {t}?", "Convert {t} to {l} and {s}.", "What is {t} in {l} and {s}?",
        "Write {t} as {l} and {s}.", l=large, s=small, t=_amount(total, small),
    )  # fmt: skip
    steps = (_quotient_step(total, count, pair.factor), difference_step(total, count * pair.factor, error_prone=True))
    answer = f"{_amount(count, large)} {_amount(rest, small)}"
    return Problem("units", "hard", question, f"{total} {pair.large} {pair.small}", answer, steps)


def _quotient_step(total: int, count: int, factor: int) -> Step:
    """` 3*60=180`: the largest multiple that fits, checked by the next one."""
    text_of = lambda value: f" {value}*{factor}={value * factor}\n"  # noqa: E731
    check = f" {count}*{factor}={count * factor}, {count + 1}*{factor}={(count + 1) * factor}, {total} between, {count}"
    return Step(text_of(count), check, numeric_mistakes(count, text_of), error_prone=True)


def _sum_of_mixed(random: Random, pair: Pair, large: str, small: str) -> Problem:
    most = max(2, pair.most // 2)
    a, b = random.randrange(1, most + 1), random.randrange(1, most + 1)
    c, d = random.randrange(1, pair.factor), random.randrange(1, pair.factor)
    question = choose(
        random, "What is {a} {c} plus {b} {d}?", "Add {a} {c} and {b} {d}.", "How much is {a} {c} plus {b} {d}?",
        "What is {a} and {c} plus {b} and {d}?", a=_amount(a, large), b=_amount(b, large), c=_amount(c, small),
        d=_amount(d, small),
    )  # fmt: skip
    steps = [sum_step(c, d, error_prone=True)]
    carried = c + d >= pair.factor
    rest = c + d - pair.factor * carried
    if carried:
        steps.append(difference_step(c + d, pair.factor, error_prone=True))
    steps.append(sum_step(a, b))
    if carried:
        steps.append(sum_step(a + b, 1))
    total = a + b + carried
    answer = _amount(total, large) + (f" {_amount(rest, small)}" if rest else "")
    key = f"{a} {c} + {b} {d} {pair.large} {pair.small}"
    return Problem("units", "hard", question, key, answer, tuple(steps))
