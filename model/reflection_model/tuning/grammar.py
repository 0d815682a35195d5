"""Wordings from a grammar: `texts/grammar/*.txt` say how people ask; a fifth of the productions is never trained on."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from random import Random
from typing import Literal

Side = Literal["training", "unseen"]
"""Whose wording: training's own four fifths, or questions that need a production and slot words kept from training."""

HELD_OUT_SHARE = 5
"""One production in five, of every symbol with at least as many, and one slot word in five are never trained on."""

_INLINE = re.compile(r"<([^<>]*)>")
_SLOT = re.compile(r"\{([\w-]+)\}")


def kept_from_training(kind: str, word: str) -> bool:
    """Whether a slot word (a name, an object, a thing) is one that only unseen wording uses."""
    return zlib.crc32(f"{kind}:{word}".encode()) % HELD_OUT_SHARE == 0


@dataclass(frozen=True)
class Production:
    """One line of a symbol: its text, how often it is chosen against the others, and whether training may use it."""

    text: str
    weight: int
    held_out: bool


class Grammar:
    """Symbols and their productions.

    Args:
        text: the file. `[name]` opens a symbol (`[name all]` one that is not split), every other line is a production,
            `3|` in front makes it three times as likely, `-` stands for nothing, `#` opens a comment.
    """

    def __init__(self, text: str) -> None:
        self.symbols: dict[str, tuple[Production, ...]] = {}
        lines: dict[str, list[tuple[str, int]]] = {}
        whole: set[str] = set()
        name = ""
        for line in text.splitlines():
            if line.startswith("#") or not line.strip():
                continue
            heading = re.fullmatch(r"\[([\w-]+)( all)?\]", line.strip())
            if heading:
                name = heading[1]
                lines[name] = []
                whole |= {name} if heading[2] else set()
                continue
            weighted = re.match(r"(\d+)\| ?", line)
            kept = line[weighted.end() :] if weighted else line
            lines[name].append(("" if kept == "-" else kept, int(weighted[1]) if weighted else 1))
        for name, productions in lines.items():
            held_out = set() if name in whole else _held_out(name, productions)
            self.symbols[name] = tuple(Production(text, weight, text in held_out) for text, weight in productions)

    def say(self, random: Random, symbol: str, side: Side, values: Mapping[str, object]) -> str:
        """One wording.

        Args:
            random: source of the choices.
            symbol: where to start. On the unseen side its production is one that training never uses.
            side: of the split. Below the first symbol, training uses its own productions and the unseen side all.
            values: what fills the slots that are no symbols.
        """
        return self._filled(random, self._chosen(random, symbol, side, first=True), side, values)

    def _chosen(self, random: Random, symbol: str, side: Side, first: bool) -> str:
        productions = self.symbols[symbol]
        if side == "training":
            productions = tuple(production for production in productions if not production.held_out)
        elif first and any(production.held_out for production in productions):
            productions = tuple(production for production in productions if production.held_out)
        return random.choices(productions, [production.weight for production in productions])[0].text

    def _filled(self, random: Random, text: str, side: Side, values: Mapping[str, object]) -> str:
        while True:
            chosen = _INLINE.sub(lambda match: random.choice(match[1].split("|")), text)
            if chosen == text:
                break
            text = chosen

        def fill(match: re.Match[str]) -> str:
            name = match[1]
            if name in values:
                return str(values[name])
            return self._filled(random, self._chosen(random, name, side, first=False), side, values)

        return _SLOT.sub(fill, text)


def _held_out(name: str, productions: list[tuple[str, int]]) -> set[str]:
    """A fifth of the productions by a hash of their text; the most usual ones (of a weight) always stay in training."""
    if len(productions) < HELD_OUT_SHARE:
        return set()
    candidates = sorted(
        (text for text, weight in productions if weight == 1),
        key=lambda text: zlib.crc32(f"{name}:{text}".encode()),
    )
    return set(candidates[: round(len(productions) / HELD_OUT_SHARE)])


@cache
def grammar(name: str) -> Grammar:
    """The grammar of a family, with what all families share."""
    folder = files("reflection_model.tuning") / "texts" / "grammar"
    return Grammar("\n".join((folder / f"{part}.txt").read_text(encoding="utf-8") for part in ("common", name)))


def message(random: Random, name: str, symbol: str, side: Side, **values: object) -> str:
    """A whole message: a wording of `symbol` of a family's grammar, often with words before and after it.

    Words around it may hold numbers that have nothing to do with the problem.
    """
    rules = grammar(name)
    return around(random, name, side, rules.say(random, symbol, side, values))


def around(random: Random, name: str, side: Side, ask: str) -> str:
    """A message around a question that is already worded."""
    numbers = {slot: random.randrange(2, random.choice((100, 100, 100, 1000, 20_000))) for slot in "nm"}
    return grammar(name).say(random, "message", side, {"ask": ask, **numbers}).strip()
