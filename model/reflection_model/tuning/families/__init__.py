"""The families of problems, by name. Each makes one problem of a difficulty from a random source."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from ..problem import Difficulty, Problem
from .arithmetic import addition, multiplication, subtraction
from .clock import clock_time, minutes_between
from .decimals import comparison
from .letters import counting, reversing
from .ordering import ordering, places
from .sorting import sorting
from .unit_sums import amounts_together, divided, unit_sum
from .word_problems import word_problem

FAMILIES: dict[str, Callable[[Random, Difficulty], Problem]] = {
    "addition": addition,
    "subtraction": subtraction,
    "multiplication": multiplication,
    "comparison": comparison,
    "counting": counting,
    "reversing": reversing,
    "sorting": sorting,
    "units": unit_sum,
    "clock": clock_time,
    "word problem": word_problem,
    "ordering": ordering,
}

SUPPLEMENTS: dict[str, Callable[[Random, Difficulty], Problem]] = {
    "clock, minutes between": minutes_between,
    "ordering, places": places,
    "units, together": amounts_together,
    "units, divided": divided,
}
"""Kinds of problems of a family that it draws too seldom or never. The default mix has none, so that what was drawn for
earlier parts of a training is drawn again; a curriculum can give them weight. They belong to their family and its
held-out problems."""
