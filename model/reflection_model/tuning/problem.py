"""What every family of problems is made of: steps that can go wrong in named ways, and a check for each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from random import Random
from typing import Literal

Difficulty = Literal["easy", "moderate", "hard"]


@dataclass(frozen=True)
class Mistake:
    """One way in which a step can be written down wrongly.

    Attributes:
        kind: name of the kind of mistake; a kind is either trained on or held out, never both.
        text: the whole wrong step, line break included.
        claim: the part of it that is wrong, as a reflection quotes it.
    """

    kind: str
    text: str
    claim: str


@dataclass(frozen=True)
class Step:
    """One line of thinking.

    Attributes:
        text: the right step, line break included. It starts with a space: words have tokens of their own only there.
        check: a finer or independent recomputation that ends in the right result; what a reflection says first.
        mistakes: all the ways to get this step wrong, as functions of a random source; each returns None where it does
            not apply (for example, swapping the digits of 11).
        error_prone: whether hard problems reflect on this step even when it is right.
    """

    text: str
    check: str
    mistakes: tuple[Callable[[Random], Mistake | None], ...]
    error_prone: bool = False

    def confirmation(self) -> str:
        """The reflection after the right step."""
        return f"<reflection>{self.check}, right</reflection>\n"

    def correction(self, mistake: Mistake) -> str:
        """The reflection after the step was written down wrongly: the check, what was wrong, the step again."""
        return f"<reflection>{self.check}, not {mistake.claim}:{self.text[:-1]}</reflection>\n"

    def draw_mistake(self, random: Random, kinds: frozenset[str]) -> Mistake | None:
        """A mistake of one of `kinds`, or None when the step has none of them."""
        for make in random.sample(self.mistakes, len(self.mistakes)):
            mistake = make(random)
            if mistake is not None and mistake.kind in kinds and mistake.text != self.text:
                return mistake
        return None


@dataclass(frozen=True)
class Problem:
    """A question with its answer and the steps that lead there.

    Attributes:
        family: name of the family, as in `families.FAMILIES`.
        difficulty: easy problems are answered at once, moderate ones with steps, hard ones with steps and reflections.
        question: the user's message.
        key: identity of the problem apart from its phrasing; training and held-out sets are split by it.
        answer: the text inside `<output>`.
        steps: the lines of thinking; empty for what is answered at once at any difficulty.
    """

    family: str
    difficulty: Difficulty
    question: str
    key: str
    answer: str
    steps: tuple[Step, ...] = field(default=())


# Numeric mistakes that training shows, and those it never does. Evaluation injects the second.
TRAINED_KINDS = frozenset(
    {
        "off by one", "off by two or three", "off by ten", "off by hundred", "two digits changed",
        "other operation", "forgotten carry", "letter doubled", "number doubled",
        "kept digit off by one",
        "missed letter", "counted too many", "letter from the word", "neighbours swapped", "wrong sign",
        "other number", "names swapped", "wrong place",
    }
)  # fmt: skip
UNSEEN_KINDS = frozenset(
    {
        "digits swapped", "random digit", "digit doubled", "digit lost", "foreign letter", "letter skipped",
        "last letter lost", "number lost", "digit misread", "order reversed", "other larger one", "name repeated",
    }
)  # fmt: skip


def _swapped_digits(value: int, random: Random) -> int | None:
    digits = str(value)
    places = [i for i in range(len(digits) - 1) if digits[i] != digits[i + 1] and (i or digits[1] != "0")]
    if not places:
        return None
    i = random.choice(places)
    return int(digits[:i] + digits[i + 1] + digits[i] + digits[i + 2 :])


def _random_digit(value: int, random: Random) -> int | None:
    digits = str(value)
    i = random.randrange(len(digits))
    choices = [c for c in "0123456789" if c != digits[i] and (i or c != "0" or len(digits) == 1)]
    wrong = int(digits[:i] + random.choice(choices) + digits[i + 1 :])
    return None if abs(wrong - value) in (1, 2, 3, 10) else wrong


def _two_digits_changed(value: int, random: Random) -> int | None:
    digits = list(str(value))
    if len(digits) < 2:
        return None
    for i in random.sample(range(len(digits)), 2):
        digits[i] = random.choice([c for c in "123456789" if c != digits[i]])
    return int("".join(digits))


def _digit_doubled(value: int, random: Random) -> int | None:
    digits = str(value)
    i = random.randrange(len(digits))
    return None if digits == "0" else int(digits[: i + 1] + digits[i:])


def _digit_lost(value: int, random: Random) -> int | None:
    digits = str(value)
    if len(digits) < 2:
        return None
    i = random.randrange(len(digits))
    lost = digits[:i] + digits[i + 1 :]
    wrong = int(lost)
    return None if str(wrong) != lost or abs(wrong - value) in (1, 2, 3, 10) else wrong


def wrong_value(kind: str, value: int, random: Random) -> int | None:
    """`value` (>= 0) changed by a mistake of a numeric `kind`; None where the kind does not apply."""
    if kind == "off by one":
        wrong: int | None = value + random.choice((-1, 1))
    elif kind == "off by two or three":
        wrong = value + random.choice((-3, -2, 2, 3))
    elif kind == "off by ten":
        wrong = value + random.choice((-10, 10))
    elif kind == "off by hundred":
        wrong = value + random.choice((-100, 100)) if value >= 50 else None
    elif kind == "two digits changed":
        wrong = _two_digits_changed(value, random)
    elif kind == "digits swapped":
        wrong = _swapped_digits(value, random)
    elif kind == "random digit":
        wrong = _random_digit(value, random)
    elif kind == "digit doubled":
        wrong = _digit_doubled(value, random)
    else:
        wrong = _digit_lost(value, random)
    return None if wrong is None or wrong < 0 or wrong == value else wrong


NUMERIC_KINDS = (
    "off by one", "off by two or three", "off by ten", "off by hundred", "two digits changed",
    "digits swapped", "random digit", "digit doubled", "digit lost",
)  # fmt: skip


def numeric_mistakes(
    value: int, text_of: Callable[[int], str], kinds: Iterable[str] = NUMERIC_KINDS
) -> tuple[Callable[[Random], Mistake | None], ...]:
    """Mistakes in the result of a step.

    Args:
        value: the right result, >= 0.
        text_of: the whole step for a given result; everything after the result follows from it.
        kinds: which numeric kinds to offer.
    """

    def make(kind: str) -> Callable[[Random], Mistake | None]:
        def mistake(random: Random) -> Mistake | None:
            wrong = wrong_value(kind, value, random)
            return None if wrong is None else Mistake(kind, text_of(wrong), str(wrong))

        return mistake

    return tuple(make(kind) for kind in kinds)


def fixed_mistake(kind: str, text: str, claim: str) -> Callable[[Random], Mistake | None]:
    """A mistake that has only one form."""
    return lambda random: Mistake(kind, text, claim)
