"""Messages as people type them, in words that somebody wrote: scenes, and what is told from situations.

A scene is a whole message of `texts/scenes/*.txt`, with slots; a fifth of the lines is never trained on. Language
models wrote them line by line, from the kinds of problems alone: without sight of the grammar, the generator or any
test set.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from random import Random

from .grammar import HELD_OUT_SHARE, Side, around
from .slot_words import draw_names
from .told_problems import SHARES, draw_told
from .written_numbers import words_share, written

SHARE = 0.65
"""How many of a family's questions are scenes or told from situations; the others come from its grammar."""

AROUND = 0.25
"""How many of them may have words before or after that have nothing to do with them."""

_SLOT = re.compile(r"\{(\w+)(?::([\w-]+))?\}")
_NUMBER_BEFORE, _NUMBER_AFTER = re.compile(r"[\d}] $"), re.compile(r" [\d{]")
_ALTERNATIVES = re.compile(r"<([^<>]*\|[^<>]*)>")


@dataclass(frozen=True)
class Scene:
    """One message.

    Attributes:
        text: with slots `{name}` or `{name:range}` and alternatives `<this|that>`.
        asked: what is asked, in the words of its family; empty where the family says it.
    """

    text: str
    asked: str

    def slots(self) -> dict[str, str]:
        """The names of the slots and their ranges (empty where none is given)."""
        return {name: more for name, more in _SLOT.findall(self.text)} | {
            name: more for name, more in _SLOT.findall(self.text) if more
        }


@cache
def scenes(family: str, side: Side) -> tuple[Scene, ...]:
    """The scenes of a family that belong to one side of the split."""
    folder = files("reflection_model.tuning") / "texts" / "scenes"
    text = (folder / f"{family.replace(' ', '_')}.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    kept = [line for line in lines if (zlib.crc32(line.encode()) % HELD_OUT_SHARE == 0) == (side == "unseen")]
    return tuple(Scene(*line.partition(" => ")[::2]) for line in kept)


def draw_scene(random: Random, family: str, side: Side, asked: str | None = None) -> Scene:
    """A scene of a family, or one told from a situation, that asks for `asked` where that is given."""
    if random.random() < SHARES.get(family, 0):
        return Scene(*draw_told(random, family, side, asked))
    while True:
        scene = random.choice(scenes(family, side))
        if asked is None or scene.asked == asked:
            return scene


def number_within(random: Random, bounds: str) -> int | None:
    """A number of a slot's range (`2-12`); None where the slot has none."""
    low, _, high = bounds.partition("-")
    return random.randint(int(low), int(high)) if high else None


def claimed(random: Random, answer: int) -> int:
    """What somebody takes for the answer: the slot `{claim}`. One time in three it is right."""
    shape = random.random()
    if shape < 1 / 3:
        return answer
    if shape < 0.7:
        return max(0, answer + random.choice((-1, 1)) * random.choice((1, 2, 9, 10, 10, 100)))
    digits = list(str(answer))
    at = random.randrange(len(digits))
    digits[at] = random.choice("123456789")
    return int("".join(digits) if shape < 0.9 else f"{answer}0")


def filled(
    random: Random, family: str, side: Side, scene: Scene, values: dict[str, object], share_around: float = AROUND
) -> str:
    """The message, now and then with words around it.

    Args:
        random: source of the choices.
        family: whose grammar gives the words around it.
        side: of the split.
        scene: the scene.
        values: of its slots, but for names (`{p}`, `{q}`, `{r}`) and a number that has nothing to do with the question
            (`{aside}`); whole numbers are written as people write them, with digits only where they touch signs.
        share_around: how often words stand around it.
    """
    aside = random.randrange(2, random.choice((20, 60, 400, 20_000)))
    values = dict(zip("pqr", draw_names(random, 3, side), strict=True)) | {"aside": aside} | values
    text = _ALTERNATIVES.sub(lambda match: random.choice(match[1].split("|")), scene.text)
    words = words_share(random)

    def fill(match: re.Match[str]) -> str:
        value = values[match[1]]
        if not isinstance(value, int):
            return str(value)
        before, after = text[: match.start()], text[match.end() :]
        free = before[-1:] in ("", " ") and after[:1] in ("", " ", ".", ",", "?", "!")
        shown = written(random, value, words) if free else str(value)
        among_numbers = _NUMBER_BEFORE.search(before) or _NUMBER_AFTER.match(after)
        return str(value) if " " in shown and shown[0].isdigit() and among_numbers else shown

    text = _SLOT.sub(fill, text).replace("\\n", "\n")
    if text[:1].islower() and scene.text[:1] == "{" and random.random() < 0.7:
        text = text[:1].upper() + text[1:]
    return around(random, family, side, text) if random.random() < share_around else text
