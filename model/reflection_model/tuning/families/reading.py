"""The first step of every problem: what is asked, in a form of our own, so that what follows depends on no wording."""

from __future__ import annotations

import re
from random import Random

from ..problem import Mistake, Step, wrong_value


def reading_step(text: str, before: str = "") -> Step:
    """` 47+38`: the problem as it was understood; checked by naming its numbers once more.

    Its mistakes are misread numbers, none of those in `before`. Never checked when it is right: that is what the
    reading is for.
    """
    numbers = list(re.finditer(r"\d+", text))

    def misread(kind: str):  # noqa: ANN202
        def mistake(random: Random) -> Mistake | None:
            if not numbers:
                return None
            number = random.choice(numbers)
            wrong = wrong_value(kind, int(number.group()), random)
            if wrong is None or len(number.group()) != len(str(int(number.group()))):
                return None
            return Mistake(kind, f" {before}{text[: number.start()]}{wrong}{text[number.end() :]}\n", str(wrong))

        return mistake

    check = " " + (" ".join(number.group() for number in numbers) or text)
    kinds = ("off by ten", "two digits changed", "digits swapped", "digit lost")
    return Step(f" {before}{text}\n", check, tuple(misread(kind) for kind in kinds))
