"""What the `check` expressions of people.jsonl may use: clock times, lengths of time, orders of names."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal


def _at(clock: str) -> datetime:
    hours, minutes = map(int, clock.split(":"))
    return datetime(2024, 5, 15, hours, minutes)


def after(clock: str, **length: int) -> str:
    """The clock time some hours and minutes later, on a 24-hour clock."""
    return (_at(clock) + timedelta(**length)).strftime("%H:%M")


def before(clock: str, **length: int) -> str:
    """The clock time some hours and minutes earlier, on a 24-hour clock."""
    return (_at(clock) - timedelta(**length)).strftime("%H:%M")


def between(start: str, end: str) -> str:
    """The length from one clock time to the next time that the clock shows another, such as `1 hour 35 minutes`."""
    length = _at(end) - _at(start)
    if length <= timedelta(0):
        length += timedelta(days=1)
    hours, minutes = divmod(int(length.total_seconds()) // 60, 60)
    counted = ((hours, "hour"), (minutes, "minute"))
    return " ".join(f"{count} {unit}{'' if count == 1 else 's'}" for count, unit in counted if count)


def rank(names: str, relations: str, place: int, extra: Callable[[dict[str, int]], bool] | None = None) -> str:
    """Who has a place in an order, found by trying every order.

    `names` and `relations` are separated by commas; `A>B` says that A has more. `place` counts from 1 for the most, or
    from -1 for the least. Raises ValueError unless all orders that the sentences allow agree.
    """
    found = set()
    for order in itertools.permutations(names.split(",")):
        height = {name: -index for index, name in enumerate(order)}
        holds = all(height[more] > height[less] for more, less in (pair.split(">") for pair in relations.split(",")))
        if holds and (extra is None or extra(height)):
            found.add(order[place - 1 if place > 0 else place])
    if len(found) != 1:
        raise ValueError(f"not one answer: {sorted(found)}")
    return found.pop()


def answer_of(check: str) -> str:
    """The answer that an expression of people.jsonl computes."""
    names = {"Decimal": Decimal, "after": after, "before": before, "between": between, "rank": rank}
    return str(eval(check, names))  # our own file, reviewed like code
