"""Names, objects and things that fill the slots of questions; a fifth of each list is never in training."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from random import Random

from .grammar import Side, kept_from_training

INVENTED_NAMES = 0.25
"""Share of names that are made up, so that a name is copied letter by letter and not chosen from those known."""

NICKNAMES = 0.04
"""Share of names that are the word for a thing, as pets and teams have them."""

_ONSETS = (
    "b", "br", "c", "ch", "d", "dr", "f", "g", "gr", "h", "j", "k", "kr", "l", "m", "n", "p", "pr", "q", "r", "s", "sh",
    "st", "t", "th", "tr", "v", "w", "x", "y", "z", "zh", "",
)  # fmt: skip
_VOWELS = ("a", "e", "i", "o", "u", "a", "e", "o", "ai", "ee", "ia", "io", "ou", "y")
_CODAS = ("", "", "", "n", "l", "r", "s", "m", "th", "k", "x", "nd", "rt", "ss", "z")


def _lines(name: str) -> list[str]:
    text = (files("reflection_model.tuning") / "texts" / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]


def _of_side(kind: str, words: list[str], side: Side) -> tuple[str, ...]:
    return tuple(word for word in words if kept_from_training(kind, word) == (side == "unseen"))


@cache
def names(side: Side) -> tuple[str, ...]:
    """The listed first names of one side."""
    return _of_side(
        "name", sorted({name for line in _lines("names.txt") for name in line.split(": ")[1].split()}), side
    )


@cache
def objects(side: Side) -> tuple[tuple[str, str], ...]:
    """The listed objects of one side: singular and plural."""
    pairs = {}
    for entry in " ".join(_lines("objects.txt")).split():
        singular, _, plural = entry.partition("/")
        pairs[singular] = plural or f"{singular}s"
    return tuple((singular, pairs[singular]) for singular in _of_side("object", sorted(pairs), side))


@cache
def things(side: Side) -> tuple[tuple[str, ...], ...]:
    """Lists of things that can be compared with each other, those of one side."""
    lists = (_of_side("thing", line.split("|"), side) for line in _lines("things.txt"))
    return tuple(kept for kept in lists if len(kept) >= 2)


def invented_word(random: Random, syllables: int) -> str:
    """A word that nobody uses, in lower case."""
    parts = (random.choice(_ONSETS) + random.choice(_VOWELS) for _ in range(syllables))
    return "".join(parts) + random.choice(_CODAS)


def _invented_name(random: Random, side: Side) -> str:
    while True:
        name = invented_word(random, random.choice((1, 2, 2, 3))).capitalize()
        if len(name) > 2 and kept_from_training("name", name) == (side == "unseen"):
            return name


@cache
def _nicknames(side: Side) -> tuple[str, ...]:
    return _of_side("name", [thing.capitalize() for thing, _ in objects(side)], side)


def _draw_name(random: Random, side: Side) -> str:
    shape = random.random()
    if shape < INVENTED_NAMES:
        return _invented_name(random, side)
    if shape < INVENTED_NAMES + NICKNAMES:
        return random.choice(_nicknames(side))
    return random.choice(names(side))


def draw_names(random: Random, count: int, side: Side) -> list[str]:
    """`count` different names; one time in sixteen all in lower case, as people type them."""
    drawn: list[str] = []
    while len(drawn) < count:
        name = _draw_name(random, side)
        if name.casefold() not in (other.casefold() for other in drawn):
            drawn.append(name)
    return [name.lower() for name in drawn] if random.random() < 1 / 16 else drawn


def draw_object(random: Random, side: Side) -> tuple[str, str]:
    """An object: singular and plural; one in ten is made up."""
    while random.random() < 0.1:
        word = invented_word(random, random.choice((1, 2, 2)))
        plain = len(word) > 2 and not word.endswith(("s", "x", "z", "h", "y"))
        if plain and kept_from_training("object", word) == (side == "unseen"):
            return word, f"{word}s"
    return random.choice(objects(side))
