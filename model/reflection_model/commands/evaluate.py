"""`forge evaluate`: exact match on the held-out problems, reflection's worth after wrong steps, false alarms."""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path

from ..errors import ForgeError
from ..files import write_json
from ..open_source import open_source
from ..progress import Progress
from ..tuning.evaluation import Answerer, is_right
from ..tuning.held_out import HeldOutProblem, parse_held_out
from ..tuning.people import evaluate_people, read_people
from ..tuning.prompts import END_OF_TURN, SYSTEM_PROMPTS, prompt_text
from ..verification.browser import answer_questions

FORCED = (("unseen", False), ("unseen", True), ("trained", False), ("trained", True))
"""Kinds of mistakes that are forced in, and whether reflections are forbidden then."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the options."""
    parser.add_argument("model", type=Path, help="`model` folder of a `forge train` run, or a folder of public/models")
    parser.add_argument("--held-out", type=Path, help="held-out.json written by `forge data`")
    parser.add_argument("--people", type=Path, help="questions in other people's words (benchmarks/people.jsonl)")
    parser.add_argument(
        "--half", default="development", choices=("development", "final", "both"),
        help="which half of the people's set; `final` is for one measurement at the end (default development)",
    )  # fmt: skip
    parser.add_argument("--temperature", type=float, default=0.0, help="0 takes the most likely token (default 0)")
    parser.add_argument("--top-p", type=float, default=1.0, help="share of the chances that may be drawn (default 1)")
    parser.add_argument("--seed", type=int, default=0, help="of the draws (default 0)")
    parser.add_argument(
        "--device", default="auto", choices=("auto", "cpu", "cuda"), help="where to compute (default: a GPU if any)"
    )
    parser.add_argument(
        "--per-family", type=int, default=0, help="only the first N problems of each family (default all)"
    )
    parser.add_argument("--settings", default="", help="comma-separated settings to run, or `none` (default all four)")
    parser.add_argument(
        "--injection", default="all", choices=("all", "unseen", "none"),
        help="forced wrong steps: of kinds that training shows or not, with reflections forbidden or not (default); of "
        "unseen kinds with reflections allowed; or none",
    )  # fmt: skip
    parser.add_argument(
        "--bias", type=float, default=0.0, help="logit bias on <reflection> wherever it is not forbidden (default 0)"
    )
    parser.add_argument("--output", type=Path, help="write everything as JSON, replies included, and a plot beside it")
    parser.add_argument(
        "--browser", type=Path, metavar="FOLDER", help="also ask a WebLLM folder of this model in Chromium"
    )
    parser.add_argument("--browser-sample", type=int, default=200, help="problems asked in the browser (default 200)")
    parser.add_argument("--threads", type=int, default=0, help="threads to compute with (default torch's)")


def run(arguments: argparse.Namespace) -> None:
    """Evaluates and prints tables."""
    try:
        import torch

        from ..tuning.evaluation import SETTINGS, evaluate_false_alarms, evaluate_injection, evaluate_setting
        from ..tuning.generation import generate, model_of, tokenizer_of
        from ..tuning.plots import plot_families
        from ..tuning.training import chosen_device
    except ModuleNotFoundError as error:
        raise ForgeError(f"evaluation needs {error.name}", "Run `forge setup train --install`.") from error
    if arguments.held_out is None and arguments.people is None:
        raise ForgeError("there is nothing to measure on", "Give --held-out, --people or both.")
    if arguments.held_out is not None and not arguments.held_out.is_file():
        raise ForgeError(
            f"{arguments.held_out} is missing", "Give the held-out.json of a folder written by `forge data`."
        )
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    source = open_source(arguments.model)
    model = model_of(source).to(chosen_device(arguments.device))
    tokenizer = tokenizer_of(source)
    end_id, reflection_id = tokenizer.token_to_id(END_OF_TURN), tokenizer.token_to_id("<reflection>")
    people = read_people(arguments.people, arguments.half) if arguments.people else []
    problems = []
    if arguments.held_out:
        problems = parse_held_out(json.loads(arguments.held_out.read_text(encoding="utf-8")))
    if arguments.per_family:
        members = defaultdict(list)
        for problem in problems:
            members[problem.family].append(problem)
        problems = [problem for group in members.values() for problem in group[: arguments.per_family]]

    def answer(prompts: list[str], forbidden: bool) -> list[str]:
        ids = [encoding.ids for encoding in tokenizer.encode_batch(list(prompts), add_special_tokens=False)]
        progress = Progress("answers", len(ids))
        bias = {reflection_id: -100.0 if forbidden else arguments.bias}
        drawing = {"temperature": arguments.temperature, "top_p": arguments.top_p, "seed": arguments.seed}
        replies = generate(model, ids, end_id, bias=bias, report=progress.update, **drawing)
        progress.finish()
        return [tokenizer.decode(reply, skip_special_tokens=False) for reply in replies]

    def count_tokens(text: str) -> int:
        return len(tokenizer.encode(text, add_special_tokens=False).ids)

    wanted = [name.strip() for name in arguments.settings.split(",") if name.strip()]
    unknown = set(wanted) - {setting.name for setting in SETTINGS} - {"none"}
    if unknown:
        raise ForgeError(
            f"unknown settings: {', '.join(sorted(unknown))}", f"Known: {', '.join(s.name for s in SETTINGS)}."
        )
    results: dict[str, list | dict] = {"settings": [], "injection": []}
    if people:
        results["people"] = evaluate_people(people, answer)
        _print_people(results["people"])
    for setting in SETTINGS if problems else ():
        if not wanted or setting.name in wanted:
            result = evaluate_setting(problems, setting, answer, count_tokens)
            results["settings"].append(result)
            _print_setting(result)
    if problems and arguments.injection != "none":
        for which, forbidden in FORCED if arguments.injection == "all" else FORCED[:1]:
            result = evaluate_injection(problems, which, answer, forbidden)
            results["injection"].append(result)
            _print_injection(result)
        results["control"] = evaluate_false_alarms(problems, answer)
        _print_control(results["control"])
    if arguments.browser:
        sample = problems[:: max(1, len(problems) // arguments.browser_sample)][: arguments.browser_sample]
        results["browser"] = _compare_with_browser(arguments.browser, sample, answer)
    if arguments.output:
        write_json(arguments.output, results)
        if results["settings"]:
            plot_families(results["settings"], arguments.output.with_suffix(".svg"))


def _compare_with_browser(folder: Path, sample: list[HeldOutProblem], answer: Answerer) -> dict:
    """Asks the sample in the browser and here, with the default system prompt, and compares the replies."""
    here = answer([prompt_text(problem.question, SYSTEM_PROMPTS["reflection"]) for problem in sample], False)
    progress = Progress("answers in the browser", len(sample) + 1)
    conversations = [[{"role": "user", "content": problem.question}] for problem in sample]
    there = answer_questions(folder, conversations, report=progress.update)
    progress.finish()
    result = {
        "problems": len(sample),
        "same reply": sum(a == b for a, b in zip(here, there, strict=True)),
        "right in the browser": sum(is_right(p, reply) for p, reply in zip(sample, there, strict=True)),
        "right outside": sum(is_right(p, reply) for p, reply in zip(sample, here, strict=True)),
        "different": [
            {"question": p.question, "outside": a, "browser": b}
            for p, a, b in zip(sample, here, there, strict=True)
            if a != b
        ],
    }
    print(f"\n## in the browser\n{ {key: value for key, value in result.items() if key != 'different'} }")
    return result


def _percent(share: dict) -> str:
    return f"{share['percent']:.1f} % [{share['low']:.1f}, {share['high']:.1f}] of {share['count']}"


def _print_setting(result: dict) -> None:
    print(f"\n## {result['setting']}")
    for name in (
        "unseen wording",
        "seen wording",
        "exact match",
        "false refusals",
        "false attempts",
        "well-formed",
        "with a reflection",
        "with a correction",
        "right among corrected",
    ):
        print(f"{name}: {_percent(result[name])}")
    for name, figure in result.get("steps", {}).items():
        if "count" in figure:
            print(f"{name}: {_percent(figure)}")
    print(f"tokens per answer: {result['tokens per answer']}")
    for group in ("unseen wording by family", "by family", "by difficulty"):
        print("; ".join(f"{name} {share['percent']:.1f}" for name, share in result[group].items()), flush=True)


def _print_people(result: dict) -> None:
    for half, figures in result["halves"].items():
        print(f"\n## in other people's words, {half} half")
        for name in ("right", "false refusals", "false attempts", "well-formed"):
            print(f"{name}: {_percent(figures[name])}")
        print("; ".join(f"{name} {share['percent']:.1f}" for name, share in figures["by family"].items()), flush=True)


def _print_injection(result: dict) -> None:
    allowed = "forbidden" if result["reflection forbidden"] else "allowed"
    print(f"\n## after a wrong step ({result['kinds of mistake']} kinds), reflection {allowed}")
    print(f"final answer right: {_percent(result['final answer right'])}; detected: {_percent(result['detected'])}")
    for group in ("right by kind", "right by family"):
        print("; ".join(f"{name} {share['percent']:.1f}" for name, share in result[group].items()), flush=True)


def _print_control(result: dict) -> None:
    print("\n## after a right step")
    print(
        f"false alarms: {_percent(result['false alarms'])}; reflection opened: {_percent(result['reflection opened'])}"
    )
    print(f"final answer right: {_percent(result['final answer right'])}", flush=True)
