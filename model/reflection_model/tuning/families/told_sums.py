"""Sums that a story tells, such as `a * b - c`: numbers that fit, and the steps that lead to the result."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from random import Random

from ..problem import Difficulty, Step, numeric_mistakes
from ..scenes import number_within
from .column_steps import product_steps, written_difference_step, written_sum_step

LARGEST = 99_999
"""No total on the way is larger."""


@dataclass(frozen=True)
class Term:
    """One event: something added (`+`), taken (`-`), or the total so far multiplied (`*`) or shared (`/`).

    Attributes:
        sign: `+`, `-`, `*` or `/`.
        factors: letters or numbers that are multiplied first.
        parts: what the first of them is divided by first; empty where nothing is.
    """

    sign: str
    factors: tuple[str, ...]
    parts: str = ""


def parse_sum(expression: str) -> tuple[Term, ...]:
    """The events of an expression, worked from left to right but for products: `a - b / c` shares what is left.

    A division of something told before is an event of its own: `a - a / 3` takes a third away.
    """
    first, *rest = expression.split()
    terms = [Term("+", (first,))]
    seen = {first}
    for sign, operand in zip(rest[::2], rest[1::2], strict=True):
        last = terms[-1]
        own = last.sign in "+-" and not last.parts
        if sign == "*" and own:
            terms[-1] = Term(last.sign, (*last.factors, operand))
        elif sign == "/" and own and len(terms) > 1 and last.factors[0] in seen and len(last.factors) == 1:
            terms[-1] = Term(last.sign, last.factors, operand)
        else:
            if own:
                seen |= set(last.factors)
            terms.append(Term(sign, (operand,)))
    return tuple(terms)


@dataclass
class ToldSum:
    """The sum with its numbers: what it comes to, how it reads in short, and its steps."""

    total: int
    reading: str
    steps: list[Step]


def work_out(terms: tuple[Term, ...], numbers: dict[str, int]) -> ToldSum | None:
    """The steps of a sum; None where the numbers do not fit (less than nothing, a rest, too large)."""
    told = ToldSum(0, "", [])
    for at, term in enumerate(terms):
        values = [numbers[factor] if factor in numbers else int(factor) for factor in term.factors]
        change = values[0]
        steps: list[Step] = []
        for value in values[1:]:
            steps += product_steps(value, change)
            change *= value
        if term.parts:
            parts = numbers[term.parts] if term.parts in numbers else int(term.parts)
            if parts < 2 or change % parts:
                return None
            steps.append(share_step(change, parts))
            change //= parts
        shown = "*".join(map(str, values)) + (f"/{parts}" if term.parts else "")
        told.reading += shown if at == 0 else f" {term.sign}{shown}"
        if at == 0:
            told.total, told.steps = change, steps
            continue
        told.steps += steps
        if term.sign == "+":
            told.steps.append(written_sum_step(told.total, change, error_prone=told.total > 20 or change > 20))
            told.total += change
        elif term.sign == "-":
            if change > told.total:
                return None
            told.steps.append(written_difference_step(told.total, change, error_prone=told.total > 20))
            told.total -= change
        elif term.sign == "*":
            told.steps += product_steps(told.total, change)
            told.total *= change
        else:
            if change < 2 or told.total % change:
                return None
            told.steps.append(share_step(told.total, change))
            told.total //= change
    return told if 0 < told.total <= LARGEST else None


def draw_sum(
    random: Random, expression: str, bounds: dict[str, str], difficulty: Difficulty
) -> tuple[dict[str, int], ToldSum]:
    """Numbers for the letters of an expression, from their ranges or as large as the difficulty has them."""
    terms = parse_sum(expression)
    small = {letter for term in terms if len(term.factors) > 1 or term.sign in "*/" for letter in term.factors}
    small |= {term.parts for term in terms if term.parts}
    most = {"easy": 20, "moderate": random.choice((30, 100, 100, 1000)), "hard": random.choice((60, 300, 1000, 20_000))}
    many = {"easy": 8, "moderate": 13, "hard": random.choice((13, 20, 60))}[difficulty]
    largest = most[difficulty]
    for attempt in itertools.count():
        if attempt > 40:  # what is usual may never fit, as in `a - 24 * b` or `24 - a - b`
            largest, many = random.choice((6, 12, 20, 60, 100, 300, 1000)), random.choice((6, 13, 30, 100))
        numbers: dict[str, int] = {}
        for letter in bounds:
            given = number_within(random, bounds[letter])
            most_of_it = many if letter in small else largest
            numbers[letter] = random.randrange(2, most_of_it) if given is None else given
        told = work_out(terms, numbers)
        if told is not None:
            return numbers, told
    raise AssertionError("unreachable")


def _long_division(total: int, parts: int) -> str:
    """What stands between a division without a rest and its result: the places of the result, one after the other."""
    each = str(total // parts)
    if total // parts <= 10:
        return "="
    lines, left = [], total
    for place, digit in zip(range(len(each) - 1, -1, -1), each, strict=True):
        if digit == "0":
            continue
        taken = parts * int(digit) * 10**place
        lines.append(f" {parts}*{int(digit) * 10**place}={taken}")
        if left > taken:
            lines.append(f" {left}-{taken}={left - taken}")
        left -= taken
    return f":{','.join(lines)}, "


def share_step(total: int, parts: int) -> Step:
    """` 48/6=8`, or ` 84/7: 7*10=70, 84-70=14, 7*2=14, 12`: place by place; checked by multiplying."""
    each = total // parts
    text_of = lambda value: f" {total}/{parts}{_long_division(total, parts)}{value}\n"  # noqa: E731
    return Step(text_of(each), f" {parts}*{each}={total}, {each}", numeric_mistakes(each, text_of), True)
