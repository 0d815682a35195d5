"""Unit conversions and sums: hours and minutes, metres and centimetres, kilograms and grams, and so on."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from ..grammar import Side, message
from ..problem import Difficulty, Problem, Step, numeric_mistakes
from ..written_numbers import written
from .column_steps import difference_step, product_steps, sum_step, written_difference_step, written_sum_step
from .reading import reading_step


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
    Pair("hours", "minutes", 60, "h", "min", 40),
    Pair("minutes", "seconds", 60, "min", "s", 60),
    Pair("days", "hours", 24, "d", "h", 30),
    Pair("weeks", "days", 7, "weeks", "days", 52),
    Pair("metres", "centimetres", 100, "m", "cm", 90),
    Pair("meters", "centimeters", 100, "m", "cm", 90),
    Pair("centimetres", "millimetres", 10, "cm", "mm", 200),
    Pair("centimeters", "millimeters", 10, "cm", "mm", 200),
    Pair("kilometres", "metres", 1000, "km", "m", 60),
    Pair("kilometers", "meters", 1000, "km", "m", 60),
    Pair("kilograms", "grams", 1000, "kg", "g", 60),
    Pair("kilos", "grams", 1000, "kg", "g", 60),
    Pair("tonnes", "kilograms", 1000, "t", "kg", 40),
    Pair("tons", "kilograms", 1000, "t", "kg", 40),
    Pair("grams", "milligrams", 1000, "g", "mg", 40),
    Pair("litres", "millilitres", 1000, "l", "ml", 50),
    Pair("liters", "milliliters", 1000, "L", "mL", 50),
    Pair("dollars", "cents", 100, "dollars", "cents", 90),
    Pair("euros", "cents", 100, "euros", "cents", 90),
    Pair("pounds", "pence", 100, "pounds", "pence", 90),
    Pair("years", "months", 12, "years", "months", 30),
    Pair("dozen", "eggs", 12, "dozen", "eggs", 24),
    Pair("feet", "inches", 12, "ft", "in", 30),
    Pair("yards", "feet", 3, "yd", "ft", 90),
    Pair("centuries", "years", 100, "centuries", "years", 20),
    Pair("decades", "years", 10, "decades", "years", 40),
    Pair("metres", "millimetres", 1000, "m", "mm", 20),
    Pair("hours", "seconds", 3600, "h", "s", 6),
)

_SINGULAR = {"feet": "foot", "inches": "inch", "centuries": "century", "pence": "penny", "dozen": "dozen"}


def _unit(number: int, name: str) -> str:
    """The unit for an amount: `hour` for one, `hours` for more; short signs stay."""
    if number != 1:
        return name
    return _SINGULAR.get(name) or (name[:-1] if name.endswith("s") and len(name) > 2 else name)


def _amount(number: int, name: str) -> str:
    return f"{number} {_unit(number, name)}"


def _typed(random: Random, number: int, name: str) -> str:
    """An amount in a question: short signs may stick to their number."""
    if len(name) <= 3 and random.random() < 0.5:
        return f"{number}{name}"
    return f"{written(random, number)} {_unit(number, name)}"


def _typed_both(random: Random, a: int, large: str, b: int, small: str) -> str:
    joint = random.choice((" and ", " and ", " ", " ", ", ", " plus "))
    return f"{_typed(random, a, large)}{joint}{_typed(random, b, small)}"


def unit_sum(random: Random, difficulty: Difficulty, side: Side = "training") -> Problem:
    """Conversions and sums.

    Easy: one conversion. Moderate: a conversion with a rest, of a half or decimal amount, or back without a rest. Hard:
    back into mixed units, or two mixed amounts added.
    """
    pair = random.choice(PAIRS)
    short = random.random() < 0.25
    large, small = (pair.large_short, pair.small_short) if short else (pair.large, pair.small)
    count = random.randrange(1, pair.most + 1)
    rest = random.randrange(1, pair.factor)
    whole = count * pair.factor
    if difficulty == "easy":
        question = message(random, "units", "convert", side, s=small, a=_typed(random, count, large))
        key = f"{count} {pair.large} {pair.small}"
        steps = (reading_step(f"{_amount(count, large)} to {small}"), *_conversion(count, pair.factor))
        return Problem("units", difficulty, question, key, _amount(whole, small), steps)
    if difficulty == "moderate":
        shape = random.random()
        if shape < 0.25:
            return _back(random, side, pair, large, small, count)
        if shape < 0.4 and pair.factor % 10 == 0:
            return _decimal(random, side, pair, large, small, count)
        a = _typed_both(random, count, large, rest, small)
        question = message(random, "units", "convert", side, s=small, a=a)
        reading = reading_step(f"{_amount(count, large)} {_amount(rest, small)} to {small}")
        steps = (reading, *_conversion(count, pair.factor), written_sum_step(whole, rest, error_prone=True))
        key = f"{count} {pair.large} {rest} {pair.small}"
        return Problem("units", difficulty, question, key, _amount(whole + rest, small), steps)
    if random.random() < 0.5:
        return _into_mixed_units(random, side, pair, large, small, count, rest)
    return _sum_of_mixed(random, side, pair, large, small)


def _conversion(count: int, factor: int) -> tuple[Step, ...]:
    if factor in (10, 100, 1000):
        zeros = len(str(factor)) - 1
        text_of = lambda value: f" {count}*{factor}={value}\n"  # noqa: E731
        value = count * factor
        check = f" {count} with {zeros} zero{'s' * (zeros > 1)}, {value}"
        return (Step(text_of(value), check, numeric_mistakes(value, text_of)),)
    return product_steps(count, factor)


def _back(random: Random, side: Side, pair: Pair, large: str, small: str, count: int) -> Problem:
    """A whole number of the larger unit, from the smaller one."""
    total = count * pair.factor
    question = message(random, "units", "convert", side, s=large, a=_typed(random, total, small))
    steps = (reading_step(f"{_amount(total, small)} to {large}"), quotient_step(total, count, pair.factor))
    key = f"{total} {pair.small} to {pair.large}"
    return Problem("units", "moderate", question, key, _amount(count, large), steps)


def _decimal(random: Random, side: Side, pair: Pair, large: str, small: str, count: int) -> Problem:
    """`2.5 km in m`: the whole part and the tenths apart."""
    tenths = 5 if pair.factor == 60 or random.random() < 0.4 else random.randrange(1, 10)
    space = " " if len(large) > 3 or random.random() < 0.5 else ""
    question = message(random, "units", "convert", side, s=small, a=f"{count}.{tenths}{space}{large}")
    tenth = pair.factor // 10
    value = count * pair.factor + tenths * tenth
    steps = (
        reading_step(f"{count}.{tenths} {large} to {small}"),
        *_conversion(count, pair.factor),
        *product_steps(tenth, tenths),
        written_sum_step(count * pair.factor, tenths * tenth, error_prone=True),
    )
    key = f"{count}.{tenths} {pair.large} {pair.small}"
    return Problem("units", "moderate", question, key, _amount(value, small), steps)


def _into_mixed_units(random: Random, side: Side, pair: Pair, large: str, small: str, count: int, rest: int) -> Problem:
    total = count * pair.factor + rest
    both = f"{large} and {small}"
    question = message(random, "units", "convert", side, s=both, a=_typed(random, total, small))
    steps = (
        reading_step(f"{_amount(total, small)} to {both}"),
        quotient_step(total, count, pair.factor),
        written_difference_step(total, count * pair.factor, error_prone=True),
    )
    answer = f"{_amount(count, large)} {_amount(rest, small)}"
    return Problem("units", "hard", question, f"{total} {pair.large} {pair.small}", answer, steps)


def quotient_step(total: int, count: int, factor: int) -> Step:
    """` 3*60=180`: the largest multiple that fits, checked by the next one."""
    text_of = lambda value: f" {value}*{factor}={value * factor}\n"  # noqa: E731
    place = "exact" if count * factor == total else f"{total} between"
    check = f" {count}*{factor}={count * factor}, {count + 1}*{factor}={(count + 1) * factor}, {place}, {count}"
    return Step(text_of(count), check, numeric_mistakes(count, text_of), error_prone=True)


def _sum_of_mixed(random: Random, side: Side, pair: Pair, large: str, small: str) -> Problem:
    most = max(2, pair.most // 2)
    a, b = random.randrange(1, most + 1), random.randrange(1, most + 1)
    c, d = random.randrange(1, pair.factor), random.randrange(1, pair.factor)
    first, second = _typed_both(random, a, large, c, small), _typed_both(random, b, large, d, small)
    question = message(random, "units", "plus", side, a=first, b=second)
    reading = f"{_amount(a, large)} {_amount(c, small)} + {_amount(b, large)} {_amount(d, small)}"
    steps = [reading_step(reading), written_sum_step(c, d, error_prone=True)]
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
