"""The recipes: every command that they plan is one that `forge` understands, in an order that can work."""

from __future__ import annotations

import argparse
import importlib
import json
import re
import runpy
import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from reflection_model.cli import COMMANDS
from reflection_model.commands.data import hash_of_generator
from reflection_model.errors import ForgeError
from reflection_model.llama_config import load_config
from reflection_model.schemes import byte_count, parameter_shapes, weights
from reflection_model.tuning.curriculum import Curriculum
from reflection_model.tuning.study import VARIANTS

ROOT = Path(__file__).parents[1]
SETTINGS = json.loads((ROOT / "recipes" / "reflection-tiny.json").read_text())


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=environment)


@pytest.fixture(scope="module")
def planned(tmp_path_factory) -> dict[str, list[str]]:
    folder = tmp_path_factory.mktemp("recipe") / "x"
    result = _run("recipes/reflection-tiny", "--plan", "--folder", str(folder), "--scale", "0.01")
    assert result.returncode == 0, result.stderr
    assert not folder.exists()
    lines = (re.fullmatch(r"([\w-]+): forge (.*)", line).groups() for line in result.stdout.splitlines())
    return {name: shlex.split(command) for name, command in lines}


def test_every_planned_command_is_understood(planned: dict[str, list[str]]) -> None:
    made = [*SETTINGS["data"], *SETTINGS["training"]]
    seeds = SETTINGS["sampling"]["seeds"]
    chosen = [
        "development",
        *(f"development-sampled-{seed}" for seed in seeds),
        *(f"dial-{n}" for n in SETTINGS["dial"]),
    ]
    settled = ["final", *(f"final-sampled-{seed}" for seed in seeds)]
    assert list(planned) == [*made, *chosen, "runtime", "library", "folder", "verified", *settled]
    for command in planned.values():
        parser = argparse.ArgumentParser()
        importlib.import_module(COMMANDS[command[0]][0]).add_arguments(parser)
        parser.parse_args(command[1:])


def test_a_rehearsal_has_the_same_steps_with_fewer_tokens(planned: dict[str, list[str]]) -> None:
    for name, part in SETTINGS["training"].items():
        assert planned[name][planned[name].index("--tokens") + 1] == str(part["tokens"] // 100)


def test_a_rehearsal_is_never_taken_for_the_beginning_of_the_whole() -> None:
    recipe: dict = runpy.run_path(str(ROOT / "recipes" / "reflection-tiny"))
    folders = [recipe["_default_folder"](scale) for scale in (1.0, 0.5, 0.01)]
    assert [folder.name for folder in folders] == [
        "reflection-tiny", "reflection-tiny-scale-0.5", "reflection-tiny-scale-0.01",
    ]  # fmt: skip
    assert len({folder.parent for folder in folders}) == 1


def test_a_model_that_was_trained_anew_takes_the_place_of_the_one_that_was_converted(
    planned: dict[str, list[str]],
) -> None:
    assert "--force" in planned["folder"]


def test_a_training_goes_on_from_the_weights_of_the_one_before_with_data_of_the_same_tokenizer(tmp_path: Path) -> None:
    recipe: dict = runpy.run_path(str(ROOT / "recipes" / "reflection-tiny"))
    draws = {
        "data": {"seed": 1, "tokens": 9},
        "mistakes": {"seed": 2, "tokens": 9, "curriculum": "many-mistakes.json"},
    }
    parts = {
        "first": {"data": "data", "seed": 1, "tokens": 9, "end_at": 4},
        "last": {"data": "mistakes", "seed": 2, "tokens": 9},
    }
    options = argparse.Namespace(folder=tmp_path, scale=1.0, device="cpu", processes=2, compile=True)
    steps = recipe["_steps"](options, {**SETTINGS, "data": draws, "training": parts})
    planned = {step.name: list(map(str, step.arguments())) for step in steps}
    assert "--start-from" not in planned["first"] and "--tokenizer" not in planned["data"]
    assert planned["first"][planned["first"].index("--end-at") + 1] == "4" and "--end-at" not in planned["last"]
    after = planned["last"][planned["last"].index("--start-from") + 1]
    assert after == str(tmp_path / "first" / "weights.pt")
    tokenizer = planned["mistakes"][planned["mistakes"].index("--tokenizer") + 1]
    assert tokenizer == str(tmp_path / "data" / "tokenizer.json")
    assert planned["last"][planned["last"].index("--data") + 1] == str(tmp_path / "mistakes")
    used = {planned[name][1] for name in ("development", "dial-less", "library", "folder", "final", "final-sampled-1")}
    assert used == {str(tmp_path / "last" / "model")}
    held_out = planned["development"][planned["development"].index("--held-out") + 1]
    assert held_out == str(tmp_path / "mistakes" / "held-out.json")
    assert "--compile" in planned["first"] and "--compile" in planned["last"]


def test_the_final_half_is_asked_when_everything_is_settled(planned: dict[str, list[str]]) -> None:
    asked = {name: command[command.index("--half") + 1] for name, command in planned.items() if "--half" in command}
    assert all(name.startswith(half) for name, half in asked.items())
    final = [name for name, half in asked.items() if half == "final"]
    assert list(planned)[-len(final) :] == final and len(final) == 4


def test_the_model_fits_beside_its_library() -> None:
    config = load_config(SETTINGS["config"])
    layers = list(SETTINGS["training"].values())[-1].get("--layers", config.num_hidden_layers)
    config = replace(config, num_hidden_layers=layers)
    count = sum((weight.rows or 1) * weight.columns for weight in weights(config))
    assert 4_500_000 < count < 8_000_000
    stored = sum(byte_count(shape, dtype) for _, shape, dtype in parameter_shapes(config, "q4f32"))
    library = max(path.stat().st_size for path in (ROOT.parent / "public" / "models").rglob("*.wasm"))
    assert stored + library < 8_000_000
    assert config.max_position_embeddings == SETTINGS["context"] == 1024
    assert config.vocab_size == SETTINGS["vocabulary"]


STUDY = ROOT / "recipes" / "reflection-study"


def _study_options(folder: Path, **more: object) -> argparse.Namespace:
    sizes = {"tokens": 10, "reading_tokens": 10, "round_tokens": 10, "held_out": 2}
    how = {"config": "reflection-tiny", "device": "cpu", "processes": 2, "compile": True}
    return argparse.Namespace(**{"folder": folder, "families": [], **sizes, **how, **more})


def test_every_command_of_the_study_is_understood(tmp_path: Path) -> None:
    study: dict = runpy.run_path(str(STUDY))
    known = study["_training"].__globals__
    known["_tokens"], known["_problems"] = (
        (lambda folder: 1000),
        (lambda options, tokenizer: 3),
    )  # there are no data yet
    options = _study_options(tmp_path, variants=list(VARIANTS))
    first = study["_first"](options)
    first.mkdir(parents=True)
    (first / "held-out.json").write_text("[]")
    commands = [step.arguments() for step in study["_plan"](options, 1)]
    assert {command[0] for command in commands} == {"data", "train", "evaluate", "solve", "select"}
    for command in commands:
        parser = argparse.ArgumentParser()
        importlib.import_module(COMMANDS[command[0]][0]).add_arguments(parser)
        parser.parse_args(command[1:])


def test_the_study_makes_first_what_a_second_stage_needs(tmp_path: Path) -> None:
    study: dict = runpy.run_path(str(STUDY))
    chosen = ["control, continued", "own mistakes, selected"]
    options = _study_options(tmp_path, variants=chosen)
    names = [step.name for step in study["_plan"](options, 2)]
    assert names[:3] == ["data-reflections-1", "data-reading", "train-reading"]
    assert names[3:] == [f"{name}-2" for name in (
        "data-reflections", "train-reflections",
        "data-control-same-problems", "train-control-same-problems",
        "solve-reflections", "data-own-mistakes", "select-by-reflections", "data-own-mistakes-selected",
        "train-own-mistakes-selected", "evaluate-own-mistakes-selected",
        "data-control-continued", "train-control-continued", "evaluate-control-continued",
    )]  # fmt: skip


def test_all_variants_of_a_study_start_from_one_model_that_reads(tmp_path: Path) -> None:
    study: dict = runpy.run_path(str(STUDY))
    study["_training"].__globals__["_tokens"] = lambda folder: 1000
    options = _study_options(tmp_path, variants=["reflections", "control, same problems"])
    commands = {step.name: step.arguments() for step in study["_plan"](options, 1) if "evaluate" not in step.name}
    trainings = [command for name, command in commands.items() if name.startswith("train")]
    starts = [command[command.index("--start-from") + 1] for command in trainings[1:]]
    assert starts == [str(tmp_path / "reading" / "weights.pt")] * 2
    shown = {name: json.loads((tmp_path / f"{name}.json").read_text()) for name in ("reading", "reflections")}
    assert (shown["reading"]["first_line"], shown["reflections"]["first_line"]) == (1.0, 0.0)
    options.reading_tokens = 0
    commands = {step.name: step.arguments() for step in study["_plan"](options, 1) if "evaluate" not in step.name}
    trainings = [command for name, command in commands.items() if name.startswith("train")]
    assert len(trainings) == 2 and not any("--start-from" in command for command in trainings)
    assert "first_line" not in json.loads((tmp_path / "reflections.json").read_text())


def test_what_is_drawn_by_chance_is_as_much_as_the_judge_chose(tmp_path: Path) -> None:
    study: dict = runpy.run_path(str(STUDY))
    known = study["_making"].__globals__
    known["_tokens"], known["_problems"] = (lambda folder: 1000), (lambda options, tokenizer: 3)
    options = _study_options(tmp_path, variants=["own mistakes, as many by chance"])
    steps = {step.name: step for step in study["_plan"](options, 1)}
    assert list(steps).index("select-by-reflections-1") < list(steps).index("data-own-mistakes-as-many-by-chance-1")
    assert "--by-chance" in steps["data-own-mistakes-as-many-by-chance-1"].arguments()


def test_steps_that_follow_unchecked_ones_of_hard_problems_are_not_forced(tmp_path: Path) -> None:
    study: dict = runpy.run_path(str(STUDY))
    row = lambda difficulty, before: {"family": "clock", "difficulty": difficulty, "unseen": {"before": before}}  # noqa: E731
    rows = [row("hard", ""), row("hard", " one\n"), row("moderate", " one\n")]
    asked = study["_asked"](argparse.Namespace(families=["clock"]), rows)
    assert [one["unseen"] is not None for one in asked] == [True, False, True]


def test_a_study_of_two_families_has_its_share_of_what_is_no_problem(tmp_path: Path) -> None:
    study: dict = runpy.run_path(str(STUDY))
    options = _study_options(tmp_path, families=["sorting", "ordering"])
    weights = json.loads(study["_curriculum"](options, "reflections").read_text())["families"]
    assert {name for name, weight in weights.items() if weight} == {"sorting", "ordering", "out of domain"}
    default = Curriculum().families
    share = default["out of domain"] / (sum(default.values()) - default["out of domain"])
    assert weights["out of domain"] == pytest.approx(share * (weights["sorting"] + weights["ordering"]))


def test_a_folder_holds_one_study_of_one_generator(tmp_path: Path) -> None:
    study: dict = runpy.run_path(str(STUDY))
    options = _study_options(tmp_path)
    study["_require_same_study"](options)
    study["_require_same_study"](options)
    options.families = ["sorting"]
    with pytest.raises(ForgeError, match="study of other settings"):
        study["_require_same_study"](options)
    for name, generator in (("data-a-1", hash_of_generator()), ("data-b-1", "an earlier one")):
        study["_require_one_generator"](options)
        (tmp_path / name).mkdir()
        (tmp_path / name / "settings.json").write_text(json.dumps({"generator": generator}))
    with pytest.raises(ForgeError, match="in the middle of the study"):
        study["_require_one_generator"](options)


def test_an_unknown_step_or_family_is_refused(tmp_path: Path) -> None:
    result = _run("recipes/reflection-tiny", "--plan", "--until", "nothing")
    assert result.returncode == 1 and "no step nothing" in result.stderr
    result = _run("recipes/reflection-study", "--folder", str(tmp_path), "--families", "cooking")
    assert result.returncode == 1 and "unknown families: cooking" in result.stderr
