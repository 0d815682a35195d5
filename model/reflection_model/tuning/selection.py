"""Which of two pairs of instruction and response to learn from, as Selective Reflection-Tuning decides it.

IFD is the perplexity of the response given the instruction over that of the response alone: near 1, the instruction
does not help to predict it, so there is most to learn; above 1 the two do not belong together. r-IFD is the same for
the instruction given the response: low when the response says what was asked. See arXiv 2402.10110.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from ..errors import ForgeError


@dataclass(frozen=True)
class Pair:
    """What is asked and what is answered."""

    instruction: str
    response: str


@dataclass(frozen=True)
class Scores:
    """How a judge sees a pair; both are ratios of perplexities, above 0."""

    ifd: float
    r_ifd: float


@dataclass(frozen=True)
class Candidates:
    """A line of a file of pairs.

    Attributes:
        original: the pair as it was.
        rewritten: the pair after a rewrite of its instruction, its response or both; None where there is none.
        row: the whole line, whose other fields are kept.
    """

    original: Pair
    rewritten: Pair | None
    row: dict[str, Any]


FIELDS = ("instruction", "response")
"""What is asked and what is answered, by their usual names; a rewrite has `rewritten_` before them."""


def candidates_of(row: dict[str, Any], fields: tuple[str, str] = FIELDS) -> Candidates:
    """A line as a pair and its rewrite, if it has one.

    Raises:
        KeyError, TypeError, ValueError: it is no such line.
    """
    original = Pair(*(row[name] for name in fields))
    rewritten = Pair(*(row.get(f"rewritten_{name}", row[name]) for name in fields))
    if not all(isinstance(text, str) and text for pair in (original, rewritten) for text in asdict(pair).values()):
        raise ValueError("a text that is missing or empty")
    return Candidates(original, None if rewritten == original else rewritten, row)


def read_pairs(path: Path, fields: tuple[str, str] = FIELDS) -> Iterator[Candidates]:
    """The lines of a JSONL file: what is asked, what is answered, and a rewrite of one or both.

    Raises:
        ForgeError: the file is missing or a line is not such an object.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ForgeError(f"{path} cannot be read: {error}") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield candidates_of(json.loads(line), fields)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            hint = f'Each line is {{"{fields[0]}": "…", "{fields[1]}": "…"}} and more, texts that are not empty.'
            raise ForgeError(f"{path}, line {number}: {error!r}", hint) from error


def chosen(candidates: Candidates, original: Scores, rewritten: Scores | None) -> Literal["original", "rewritten"]:
    """Which pair to keep.

    A rewritten instruction is taken when its IFD is higher but not above 1: there is more to learn and it still belongs
    to its response. A response rewritten for the same instruction is taken when its r-IFD is lower.
    """
    if candidates.rewritten is None or rewritten is None:
        return "original"
    if candidates.rewritten.instruction != candidates.original.instruction:
        return "rewritten" if original.ifd < rewritten.ifd <= 1 else "original"
    return "rewritten" if rewritten.r_ifd < original.r_ifd else "original"


def selected_row(
    candidates: Candidates, original: Scores, rewritten: Scores | None, fields: tuple[str, str] = FIELDS
) -> dict[str, Any]:
    """The line to write: the chosen pair in place, what was chosen, both pairs' scores, all other fields."""
    choice = chosen(candidates, original, rewritten)
    pair = candidates.rewritten if choice == "rewritten" and candidates.rewritten else candidates.original
    other = {key: value for key, value in candidates.row.items() if not key.startswith("rewritten_")}
    scores = {"original": asdict(original), **({"rewritten": asdict(rewritten)} if rewritten else {})}
    return {**other, fields[0]: pair.instruction, fields[1]: pair.response, "chosen": choice, "scores": scores}


def kept_share(rows: list[dict[str, Any]], share: float) -> list[dict[str, Any]]:
    """The share of the rows whose chosen pair has the highest IFD up to 1, in their old order."""
    ifd = [row["scores"][row["chosen"]]["ifd"] for row in rows]
    usable = [index for index, value in enumerate(ifd) if value <= 1]
    best = sorted(usable, key=lambda index: -ifd[index])[: round(share * len(rows))]
    return [rows[index] for index in sorted(best)]
