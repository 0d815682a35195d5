"""Whole numbers as people write them: digits, now and then with a comma, now and then in words."""

from __future__ import annotations

from random import Random

_SMALL = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


def in_words(value: int, hyphen: str = "-", joint: str = " and ") -> str:
    """A number from 0 to 999,999 in English words."""
    if value < 20:
        return _SMALL[value]
    if value < 100:
        return _TENS[value // 10 - 2] + (hyphen + _SMALL[value % 10] if value % 10 else "")
    unit, name = (100, "hundred") if value < 1000 else (1000, "thousand")
    large, rest = divmod(value, unit)
    text = f"{in_words(large, hyphen, joint)} {name}"
    if not rest:
        return text
    return text + (joint if rest < 100 or unit == 100 else " ") + in_words(rest, hyphen, joint)


def words_share(random: Random) -> float:
    """How many numbers of one message stand in words: who dictates, or likes words, writes all of them so."""
    return 0.95 if random.random() < 0.15 else 0.05


def written(random: Random, value: int, words: float = 0.07) -> str:
    """A number (>= 0) as one writes it, now and then as `12,000` or `12 000`; `words` is the share in words."""
    shape = random.random()
    if shape < words and value < 100_000:
        if 1000 < value < 10_000 and value % 100 == 0 and value % 1000 and random.random() < 0.4:
            return f"{in_words(value // 100)} hundred"
        return in_words(value, random.choice("- "), random.choice((" and ", " ")))
    if value >= 1000 and shape > 0.9:
        return f"{value:,}".replace(",", "," if shape < 0.98 else " ")
    return str(value)
