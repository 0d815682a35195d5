"""Clock times on a 24-hour clock: a time after or before another, and how long it is between two."""

from __future__ import annotations

from random import Random

from ..phrasing import choose
from ..problem import Difficulty, Problem, Step
from .column_steps import difference_step, sum_step

AFTER = (
    "What time is it {d} after {t}?", "It is {t}. What time is it in {d}?", "What is {t} plus {d}?",
    "A film starts at {t} and lasts {d}. When does it end?",
    "The bus leaves at {t} and the ride takes {d}. When does it arrive?",
    "What time is {d} later than {t}?", "School starts at {t} and lasts {d}. When does it end?",
)  # fmt: skip
BEFORE = (
    "What time is it {d} before {t}?", "What is {t} minus {d}?", "It is {t}. What time was it {d} ago?",
    "What time is {d} earlier than {t}?",
)  # fmt: skip
BETWEEN = (
    "How long is it from {a} to {b}?", "How much time is between {a} and {b}?", "How long is it between {a} and {b}?",
    "A train leaves at {a} and arrives at {b}. How long is the ride?", "A lesson runs from {a} to {b}. How long is it?",
)  # fmt: skip


def _clock(hours: int, minutes: int) -> str:
    return f"{hours}:{minutes:02d}"


def duration(hours: int, minutes: int) -> str:
    """`2 hours 5 minutes`, without a part that is zero."""
    parts = []
    if hours:
        parts.append(f"{hours} hour{'s' * (hours != 1)}")
    if minutes or not hours:
        parts.append(f"{minutes} minute{'s' * (minutes != 1)}")
    return " ".join(parts)


def clock_time(random: Random, difficulty: Difficulty) -> Problem:
    """Easy: no carry past the hour. Moderate: minutes that may carry. Hard: hours and minutes, or the time between."""
    kind = random.choice(("after", "before", "between") if difficulty == "hard" else ("after", "after", "before"))
    while True:
        hours, minutes = random.randrange(0, 24), random.randrange(0, 60, random.choice((1, 5)))
        more_minutes = random.randrange(1, 60) if random.random() < 0.4 else random.randrange(5, 60, 5)
        more_hours = random.randrange(1, 10) if difficulty == "hard" else 0
        total, more = 60 * hours + minutes, 60 * more_hours + more_minutes
        end = total - more if kind == "before" else total + more
        carries = (minutes - more_minutes < 0) if kind == "before" else (minutes + more_minutes >= 60)
        if 0 <= end < 24 * 60 and not (difficulty == "easy" and carries):
            break
    start, finish, length = _clock(hours, minutes), _clock(*divmod(end, 60)), duration(more_hours, more_minutes)
    if kind == "between":
        question = choose(random, *BETWEEN, a=start, b=finish)
        steps = _difference_steps(*divmod(end, 60), hours, minutes)
        return Problem("clock", difficulty, question, f"{start}-{finish}", length, steps)
    if kind == "after":
        question = choose(random, *AFTER, t=start, d=length)
        steps = _sum_steps(hours, minutes, more_hours, more_minutes)
        return Problem("clock", difficulty, question, f"{start}+{more}", finish, steps)
    question = choose(random, *BEFORE, t=start, d=length)
    steps = _difference_steps(hours, minutes, more_hours, more_minutes)
    return Problem("clock", difficulty, question, f"{start}-{more}", finish, steps)


def _sum_steps(hours: int, minutes: int, more_hours: int, more_minutes: int) -> tuple[Step, ...]:
    """Minutes first, an hour carried when they reach 60, then the hours."""
    steps = [sum_step(minutes, more_minutes, error_prone=minutes + more_minutes >= 60)]
    if more_hours:
        steps.append(sum_step(hours, more_hours))
    if minutes + more_minutes >= 60:
        steps.append(difference_step(minutes + more_minutes, 60, error_prone=True))
        steps.append(sum_step(hours + more_hours, 1))
    return tuple(steps)


def _difference_steps(hours: int, minutes: int, less_hours: int, less_minutes: int) -> tuple[Step, ...]:
    """Minutes first, an hour borrowed when there are too few, then the hours."""
    steps: list[Step] = []
    borrowed = minutes < less_minutes
    if borrowed:
        steps.append(sum_step(minutes, 60))
    steps.append(difference_step(minutes + 60 * borrowed, less_minutes, error_prone=borrowed))
    if borrowed:
        steps.append(difference_step(hours, 1))
    if less_hours:
        steps.append(difference_step(hours - borrowed, less_hours, error_prone=borrowed))
    return tuple(steps)
