"""The families of problems, by name. Each makes one problem of a difficulty from a random source."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from ..problem import Difficulty, Problem
from .arithmetic import addition, multiplication, subtraction
from .clock import clock_time
from .decimals import comparison
from .letters import counting, reversing
from .ordering import ordering
from .sorting import sorting
from .unit_sums import unit_sum
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
