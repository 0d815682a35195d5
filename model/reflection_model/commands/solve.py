"""`forge solve`: a model solves training problems, and its own wrong steps are noted beside the right ones."""

from __future__ import annotations

import argparse
import json
import zlib
from pathlib import Path
from typing import Any

from ..errors import ForgeError
from ..files import write_json
from ..open_source import open_source
from ..progress import Progress
from ..read_json import read_json_object
from ..recipe import hash_of
from ..tuning.curriculum import Curriculum
from ..tuning.curriculum_file import read_curriculum
from ..tuning.prompts import END_OF_TURN, SYSTEM_PROMPTS, TAGS, prompt_text
from ..tuning.solved_problems import ProblemDraw, Solved, read_solved

AT_ONCE = 480
"""Problems between two savings."""

EPILOG = """\
The problems are moderate and hard ones of training, never held out, one question each. The first line of thinking that
is not the right step is the model's own mistake. FILE names each with its problem's number, and counts by family how
many steps are wrong and how many of those the model noticed. Stopped, it goes on where it was from FILE.part.

  forge solve runs/tiny/model --problems 20000 --output runs/tiny/solved.json
  forge data --solved runs/tiny/solved.json --tokenizer runs/data/tokenizer.json --output runs/own
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EPILOG
    parser.add_argument("model", type=Path, help="`model` folder of a `forge train` run")
    parser.add_argument("--output", type=Path, required=True, metavar="FILE", help="JSON to write")
    parser.add_argument("--problems", type=int, required=True, help="how many")
    parser.add_argument("--seed", type=int, default=1, help="of the problems and of what is sampled (default 1)")
    parser.add_argument("--curriculum", type=Path, help="JSON with weights of families and difficulties")
    parser.add_argument("--temperature", type=float, default=0.7, help="0 takes the most likely token (default 0.7)")
    parser.add_argument("--top-p", type=float, default=0.95, help="share of the chances that may be drawn")
    parser.add_argument(
        "--device", default="auto", choices=("auto", "cpu", "cuda"), help="where to compute (default: a GPU if any)"
    )


def run(arguments: argparse.Namespace) -> None:
    """Solves what is not solved yet, writes the file and prints the counts."""
    if arguments.problems < 1:
        raise ForgeError(f"--problems {arguments.problems} is too few", "Give at least 1.")
    if arguments.temperature < 0 or not 0 < arguments.top_p <= 1:
        raise ForgeError("the sampling is out of range", "--temperature from 0 up, --top-p above 0 and at most 1.")
    curriculum = Curriculum() if arguments.curriculum is None else read_curriculum(arguments.curriculum)
    draw = ProblemDraw.of(curriculum, arguments.seed)
    try:
        from ..tuning.generation import generate, model_of, tokenizer_of
        from ..tuning.training import chosen_device
    except ModuleNotFoundError as error:
        raise ForgeError(f"solving needs {error.name}", "Run `forge setup train --install`.") from error
    source = open_source(arguments.model)
    tokenizer = tokenizer_of(source)
    if any(tokenizer.token_to_id(tag) is None for tag in (*TAGS, END_OF_TURN)):
        raise ForgeError(f"{arguments.model} does not know our tags", "Give the `model` folder of a `forge train` run.")
    model = model_of(source).to(chosen_device(arguments.device))
    settings = {
        "model": hash_of(arguments.model),
        "seed": draw.seed,
        "problems": arguments.problems,
        "families": dict(draw.families),
        "difficulties": list(draw.difficulties),
        "temperature": arguments.temperature,
        "top_p": arguments.top_p,
    }
    part = arguments.output.with_name(f"{arguments.output.name}.part")
    solved = _begun(part, settings)
    progress = Progress("problems", arguments.problems)
    while solved.done < arguments.problems:
        numbers = range(solved.done, min(solved.done + AT_ONCE, arguments.problems))
        problems = [draw.problem(number) for number in numbers]
        prompts = [prompt_text(question, SYSTEM_PROMPTS["reflection"]) for _, question in problems]
        replies = generate(
            model,
            [encoding.ids for encoding in tokenizer.encode_batch(prompts, add_special_tokens=False)],
            tokenizer.token_to_id(END_OF_TURN),
            temperature=arguments.temperature,
            top_p=arguments.top_p,
            seed=zlib.crc32(f"{draw.seed} {numbers.start}".encode()),
            report=lambda done, before=solved.done: progress.update(before + done),
        )
        for (problem, _), reply in zip(problems, replies, strict=True):
            solved.add(problem, tokenizer.decode(reply, skip_special_tokens=False))
        write_json(part, vars(solved))
    progress.finish()
    write_json(arguments.output, vars(solved))
    part.unlink(missing_ok=True)
    print(json.dumps({**solved.total(), "why unusable": solved.reasons()}, indent=2))


def _begun(part: Path, settings: dict[str, Any]) -> Solved:
    """What an earlier run of the same settings has done."""
    if not part.exists():
        return Solved(settings)
    if read_json_object(part).get("settings") != settings:
        raise ForgeError(f"{part} was begun with other settings", "Choose another --output, or remove that file.")
    return read_solved(part)
