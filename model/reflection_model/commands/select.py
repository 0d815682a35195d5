"""`forge select`: scores pairs by IFD and r-IFD, and keeps of each the original or the rewrite that scores better."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ForgeError
from ..files import replaced_file
from ..progress import Progress
from ..recipe import hash_of
from ..tuning.selection import Candidates, candidates_of, kept_share, read_pairs, selected_row
from ..tuning.solved_problems import read_solved, solved_pairs

if TYPE_CHECKING:
    from ..tuning.judge import Judge

EPILOG = """\
Each line of PAIRS is {"instruction": "…", "response": "…"}; "rewritten_instruction", "rewritten_response" or both name
a rewrite. Other fields are kept. The chosen pair takes the place of the original; "chosen" and "scores" are added.
What `forge solve` wrote can stand in its place: its pairs are the problems in which the model erred, with its mistake
corrected and, rewritten, without it.

  forge select pairs.jsonl --judge runs/tiny/model --output selected.jsonl
  forge select pairs.jsonl --fields prompt completion --judge runs/tiny/model --output selected.jsonl
  forge select pairs.jsonl --judge runs/tiny/model --keep 0.3 --output hardest.jsonl
  forge select solved.json --judge runs/tiny/model --output selected.jsonl
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EPILOG
    parser.add_argument("pairs", type=Path, help="JSONL of pairs, or a .json that `forge solve` wrote")
    parser.add_argument("--judge", type=Path, required=True, help="model folder: the student itself, or another")
    parser.add_argument("--output", type=Path, required=True, help="JSONL to write; a stopped run goes on where it was")
    parser.add_argument("--keep", type=float, default=1.0, help="keep only this share, those of highest IFD up to 1")
    parser.add_argument(
        "--fields", nargs=2, default=("instruction", "response"), metavar=("ASKED", "ANSWERED"),
        help="names of the two fields (default instruction response); a rewrite has rewritten_ before them",
    )  # fmt: skip
    parser.add_argument("--system", help="system message of the judge (default: ours, where it knows our tags)")
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"), help="where to compute")


def run(arguments: argparse.Namespace) -> None:
    """Scores every pair, writes the chosen ones and prints how many were rewritten and how many could not be scored."""
    if not 0 < arguments.keep <= 1:
        raise ForgeError(f"--keep {arguments.keep} is no share", "Give a number above 0, at most 1.")
    fields: tuple[str, str] = tuple(arguments.fields)  # type: ignore[assignment]
    candidates = list(_read(arguments.pairs, fields))
    try:
        from ..tuning.judge import Judge
        from ..tuning.training import chosen_device
    except ModuleNotFoundError as error:
        raise ForgeError(f"a judge needs {error.name}", "Run `forge setup train --install`.") from error
    judge = Judge(arguments.judge, chosen_device(arguments.device), arguments.system)
    run_of = {"pairs": hash_of(arguments.pairs), "judge": hash_of(arguments.judge), "system": arguments.system}
    part = arguments.output.with_name(f"{arguments.output.name}.part")
    scored = _score(judge, candidates, fields, part, {**run_of, "fields": list(fields)})
    rows = [row for row in scored if "left_out" not in row]
    kept = kept_share(rows, arguments.keep) if arguments.keep < 1 else rows
    with replaced_file(arguments.output) as temporary:
        temporary.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in kept), encoding="utf-8")
    part.unlink()
    report = {
        "pairs": len(candidates),
        "with a rewrite": sum(entry.rewritten is not None for entry in candidates),
        "rewrite taken": sum(row["chosen"] == "rewritten" for row in kept),
        "left out": {row["line"]: row["left_out"] for row in scored if "left_out" in row},
        "kept": len(kept),
    }
    print(json.dumps(report, indent=2))


def _read(path: Path, fields: tuple[str, str]) -> Iterator[Candidates]:
    if path.suffix != ".json":
        return read_pairs(path, fields)
    return (candidates_of(row) for row in solved_pairs(read_solved(path)))


def _score(
    judge: Judge, candidates: list[Candidates], fields: tuple[str, str], part: Path, run_of: dict[str, Any]
) -> list[dict[str, Any]]:
    """A row for each pair, written down as it comes, so that a stopped run loses none; a pair too long has none."""
    rows = _begun(part, run_of)
    if not rows:
        part.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps(run_of) + "\n", encoding="utf-8")
    progress = Progress("pairs", len(candidates))
    with part.open("a", encoding="utf-8") as file:
        for number, entry in enumerate(candidates[len(rows) :], len(rows) + 1):
            try:
                rewritten = None if entry.rewritten is None else judge.score(entry.rewritten)
                row = selected_row(entry, judge.score(entry.original), rewritten, fields)
            except ForgeError as error:
                row = {"line": number, "left_out": str(error)}
            rows.append(row)
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
            file.flush()
            progress.update(number)
    progress.finish()
    return rows


def _begun(part: Path, run_of: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of a stopped run over the same pairs with the same judge; a line that was cut off is none."""
    if not part.exists():
        return []
    text = part.read_text(encoding="utf-8")
    first, *lines = text[: text.rfind("\n")].split("\n") if "\n" in text else [""]
    if not first:
        return []
    if json.loads(first) != run_of:
        hint = "Run it as before to go on, or remove that file."
        raise ForgeError(f"{part} was begun with other pairs or another judge", hint)
    rows = [json.loads(line) for line in lines]
    part.write_text("".join(f"{line}\n" for line in (first, *lines)), encoding="utf-8")
    return rows
