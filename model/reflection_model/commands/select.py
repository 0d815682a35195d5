"""`forge select`: scores pairs by IFD and r-IFD, and keeps of each the original or the rewrite that scores better."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from ..errors import ForgeError
from ..files import replaced_file
from ..progress import Progress
from ..tuning.selection import kept_share, read_pairs, selected_row

EPILOG = """\
Each line of PAIRS is {"instruction": "…", "response": "…"}; "rewritten_instruction", "rewritten_response" or both name
a rewrite. Other fields are kept. The chosen pair takes the place of the original; "chosen" and "scores" are added.

  forge select pairs.jsonl --judge runs/tiny/model --output selected.jsonl
  forge select pairs.jsonl --judge runs/tiny/model --keep 0.3 --output hardest.jsonl
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EPILOG
    parser.add_argument("pairs", type=Path, help="JSONL of pairs")
    parser.add_argument("--judge", type=Path, required=True, help="model folder: the student itself, or another")
    parser.add_argument("--output", type=Path, required=True, help="JSONL to write")
    parser.add_argument("--keep", type=float, default=1.0, help="keep only this share, those of highest IFD up to 1")
    parser.add_argument("--system", help="system message of the judge (default: ours, where it knows our tags)")
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"), help="where to compute")


def run(arguments: argparse.Namespace) -> None:
    """Scores every pair, writes the chosen ones and prints how many were rewritten."""
    if not 0 < arguments.keep <= 1:
        raise ForgeError(f"--keep {arguments.keep} is no share", "Give a number above 0, at most 1.")
    candidates = list(read_pairs(arguments.pairs))
    try:
        from ..tuning.judge import Judge
        from ..tuning.training import chosen_device
    except ModuleNotFoundError as error:
        raise ForgeError(f"a judge needs {error.name}", "Run `forge setup train --install`.") from error
    judge = Judge(arguments.judge, chosen_device(arguments.device), arguments.system)
    progress = Progress("pairs", len(candidates))
    rows = []
    for done, entry in enumerate(candidates, 1):
        rewritten = None if entry.rewritten is None else judge.score(entry.rewritten)
        rows.append(selected_row(entry, judge.score(entry.original), rewritten))
        progress.update(done)
    progress.finish()
    if arguments.keep < 1:
        rows = kept_share(rows, arguments.keep)
    with replaced_file(arguments.output) as temporary:
        temporary.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    report = {
        "pairs": len(candidates),
        "with a rewrite": sum(entry.rewritten is not None for entry in candidates),
        "rewrite taken": sum(row["chosen"] == "rewritten" for row in rows),
        "kept": len(rows),
    }
    print(json.dumps(report, indent=2))
