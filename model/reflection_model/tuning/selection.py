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


def read_pairs(path: Path) -> Iterator[Candidates]:
    """The lines of a JSONL file: `instruction`, `response`, and `rewritten_instruction` or `rewritten_response`.

    Raises:
        ForgeError: the file is missing or a line is not such an object.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ForgeError(f"{path} cannot be read: {error}") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            original = Pair(row["instruction"], row["response"])
            rewritten = Pair(
                row.get("rewritten_instruction", original.instruction), row.get("rewritten_response", original.response)
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ForgeError(
                f"{path}, line {number}: {error!r}", 'Each line is {"instruction": "…", "response": "…"} and more.'
            ) from error
        if not all(isinstance(text, str) and text for pair in (original, rewritten) for text in asdict(pair).values()):
            raise ForgeError(f"{path}, line {number}: instruction and response must be texts that are not empty")
        yield Candidates(original, None if rewritten == original else rewritten, row)


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


def selected_row(candidates: Candidates, original: Scores, rewritten: Scores | None) -> dict[str, Any]:
    """The line to write: the chosen pair in place, what was chosen, both pairs' scores, all other fields."""
    choice = chosen(candidates, original, rewritten)
    pair = candidates.rewritten if choice == "rewritten" and candidates.rewritten else candidates.original
    other = {key: value for key, value in candidates.row.items() if not key.startswith("rewritten_")}
    scores = {"original": asdict(original), **({"rewritten": asdict(rewritten)} if rewritten else {})}
    return {**other, "instruction": pair.instruction, "response": pair.response, "chosen": choice, "scores": scores}


def kept_share(rows: list[dict[str, Any]], share: float) -> list[dict[str, Any]]:
    """The share of the rows whose chosen pair has the highest IFD up to 1, in their old order."""
    ifd = [row["scores"][row["chosen"]]["ifd"] for row in rows]
    usable = [index for index, value in enumerate(ifd) if value <= 1]
    best = sorted(usable, key=lambda index: -ifd[index])[: round(share * len(rows))]
    return [rows[index] for index in sorted(best)]
