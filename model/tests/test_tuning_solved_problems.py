"""`forge solve` and `forge data --solved`: the file, the examples that come of it, and what is refused."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import pytest
from tiny_models import tagged_model
from tokenizers import Tokenizer

from reflection_model.cli import main
from reflection_model.commands import data
from reflection_model.errors import ForgeError
from reflection_model.files import write_json
from reflection_model.tuning.bpe import train_tokenizer
from reflection_model.tuning.curriculum import Curriculum, draw_conversation
from reflection_model.tuning.dataset import Examples, load_examples, shards
from reflection_model.tuning.problem import TRAINED_KINDS
from reflection_model.tuning.solution import ReflectionRates
from reflection_model.tuning.solved_problems import (
    ProblemDraw,
    Solved,
    drawn_right_ones,
    read_right_ones,
    read_solved,
    solved_examples,
    solved_pairs,
)

COUNT = 150
PLAIN = ReflectionRates()
DRAW = ProblemDraw.of(Curriculum(), 3)


@pytest.fixture(scope="module")
def solved() -> Solved:
    """As of a model that errs in one problem of three and writes one reply in ten without thinking."""
    random = Random(1)
    settings = {"seed": DRAW.seed, "families": dict(DRAW.families), "difficulties": list(DRAW.difficulties)}
    made = Solved(settings)
    for number in range(COUNT):
        problem, _ = DRAW.problem(number)
        lines = [step.text for step in problem.steps]
        if number % 3 == 0:
            index = random.randrange(len(lines))
            mistake = problem.steps[index].draw_mistake(random, TRAINED_KINDS)
            lines[index] = lines[index] if mistake is None else mistake.text
        made.add(problem, "" if number % 10 == 9 else f"<thinking>\n{''.join(lines)}</thinking>\n")
    return made


@pytest.fixture(scope="module")
def tokenizer_file(tmp_path_factory) -> Path:
    random = Random(1)
    texts = ["".join(part.text for part in draw_conversation(random, Curriculum()).parts) for _ in range(1000)]
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    train_tokenizer(texts, 600).save(str(path))
    return path


@pytest.fixture(scope="module")
def tokenizer(tokenizer_file: Path) -> Tokenizer:
    return Tokenizer.from_file(str(tokenizer_file))


def _texts(tokenizer: Tokenizer, examples: Examples, only_learned: bool = False) -> list[str]:
    texts = []
    for start, end in zip(examples.offsets, examples.offsets[1:], strict=False):
        tokens = examples.tokens[start:end]
        kept = tokens[examples.learned[start:end]] if only_learned else tokens
        texts.append(tokenizer.decode(kept.tolist(), skip_special_tokens=False))
    return texts


def _without_reflections(text: str) -> str:
    return re.sub(r"<reflection>.*?</reflection>\n", "", text)


def test_counts_are_those_of_the_replies(solved: Solved) -> None:
    total = solved.total()
    assert total["problems"] == COUNT and total["unusable"] == COUNT // 10 == len(solved.unusable)
    assert total["wrong steps"] == len(solved.mistakes) > 20
    assert total["steps"] == total["right steps"] + total["wrong steps"]
    assert solved.reasons() == {"no thinking": COUNT // 10}


def test_own_wrong_steps_stand_uncorrected_only_until_the_next_line(solved: Solved, tokenizer: Tokenizer) -> None:
    examples = solved_examples(tokenizer, solved, PLAIN, range(COUNT))
    texts, learned = _texts(tokenizer, examples), _texts(tokenizer, examples, only_learned=True)
    assert len(texts) == COUNT - len(solved.unusable)
    assert set(examples.prefixes) == {0}
    for row in solved.mistakes:
        question = DRAW.problem(row["problem"])[1]
        (at,) = (number for number, text in enumerate(texts) if f"\n\n{question}<|eot_id|>" in text)
        verdict = f"not {row['claim']}:{row['right'][:-1]}</reflection>\n"
        assert re.search(re.escape(row["line"]) + r"<reflection>[^<]*(<[^/r][^<]*)*, " + re.escape(verdict), texts[at])
        assert verdict in learned[at]
        assert learned[at].count(row["line"]) < texts[at].count(row["line"])
    assert sum(", not " in text for text in texts) == len(solved.mistakes), "the others are shown as they are"
    kept = _texts(tokenizer, solved_examples(tokenizer, solved, replace(PLAIN, learned=True), range(COUNT)), True)
    assert all(row["line"] in "".join(kept) for row in solved.mistakes)


def test_every_way_of_showing_them_has_the_same_problems(solved: Solved, tokenizer: Tokenizer) -> None:
    plain, control, labelled = (
        _texts(tokenizer, solved_examples(tokenizer, solved, rates, range(COUNT)))
        for rates in (PLAIN, replace(PLAIN, taken_out=True), replace(PLAIN, labelled=True))
    )
    assert [text.partition("<thinking>")[0] for text in plain] == [text.partition("<thinking>")[0] for text in control]
    assert [_without_reflections(text) for text in plain] == [_without_reflections(text) for text in labelled]
    assert "<reflection>" not in "".join(control)
    usable = [number for number in range(COUNT) if number % 10 != 9]
    for number, text, bare in zip(usable, labelled, control, strict=True):
        steps = DRAW.problem(number)[0].steps
        assert "<thinking>\n" + "".join(step.text for step in steps) + "</thinking>" in bare
        assert text.count("<reflection>") == text.count(", right</reflection>") + text.count(", not ") == len(steps)


def test_made_up_mistakes_stand_where_the_model_erred_and_nowhere_else(solved: Solved, tokenizer: Tokenizer) -> None:
    own, made_up = (
        _texts(tokenizer, solved_examples(tokenizer, solved, replace(PLAIN, made_up=wanted), range(COUNT)))
        for wanted in (False, True)
    )
    assert [text.partition("<thinking>")[0] for text in own] == [text.partition("<thinking>")[0] for text in made_up]
    both = [(", not " in one, ", not " in other) for one, other in zip(own, made_up, strict=True)]
    assert {pair for pair in both if pair[0] != pair[1]} <= {(True, False)}, "some steps have no mistake to make up"
    assert sum(other for _, other in both) > 0.8 * sum(one for one, _ in both)
    assert own != made_up
    first_lines = [[text.split("<thinking>\n")[1].split("\n")[0] for text in texts] for texts in (own, made_up)]
    placed = [one == other for one, other in zip(*first_lines, strict=True)]
    assert sum(placed) > 0.8 * len(placed), "mostly in the step in which the model erred"
    assert made_up == _texts(tokenizer, solved_examples(tokenizer, solved, replace(PLAIN, made_up=True), range(COUNT)))


def test_a_judge_chooses_between_a_mistake_that_is_corrected_and_none(
    solved: Solved, tokenizer: Tokenizer, tmp_path: Path
) -> None:
    pairs = list(solved_pairs(solved))
    assert [pair["problem"] for pair in pairs] == [row["problem"] for row in solved.mistakes]
    for pair, row in zip(pairs, solved.mistakes, strict=True):
        assert row["line"] in pair["response"] and ", not " in pair["response"]
        assert ", not " not in pair["rewritten_response"]
    chosen = tmp_path / "selected.jsonl"
    rows = [{**pair, "chosen": ("original", "rewritten")[at % 2]} for at, pair in enumerate(pairs)]
    chosen.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    as_right = read_right_ones(chosen)
    assert len(as_right) == len(pairs) // 2
    by_chance = [drawn_right_ones(solved, len(as_right), seed) for seed in (1, 1, 2)]
    assert by_chance[0] == by_chance[1] != by_chance[2]
    assert all(len(one) == len(as_right) and one <= {pair["problem"] for pair in pairs} for one in by_chance)
    texts = _texts(tokenizer, solved_examples(tokenizer, solved, PLAIN, range(COUNT), as_right))
    assert sum(", not " in text for text in texts) == len(pairs) - len(as_right)
    for damage in ("{}", "no JSON", '{"chosen": "rewritten"}'):
        chosen.write_text(damage)
        with pytest.raises(ForgeError, match="not written by `forge select`"):
            read_right_ones(chosen)


def test_a_part_of_the_problems_is_what_stands_there_in_the_whole(solved: Solved, tokenizer: Tokenizer) -> None:
    parts = [solved_examples(tokenizer, solved, PLAIN, numbers) for numbers in (range(70), range(70, COUNT))]
    whole = solved_examples(tokenizer, solved, PLAIN, range(COUNT))
    assert np.array_equal(np.concatenate([part.tokens for part in parts]), whole.tokens)


def test_another_generator_is_noticed(solved: Solved, tokenizer: Tokenizer) -> None:
    other = replace(solved, settings={**solved.settings, "seed": 4})
    with pytest.raises(ForgeError, match="not the one that the model solved"):
        solved_examples(tokenizer, other, PLAIN, range(COUNT))


def test_replies_without_a_single_step_are_refused(tokenizer: Tokenizer, solved: Solved) -> None:
    nothing = Solved(solved.settings, 2, unusable=[{"problem": n, "why": "empty"} for n in (0, 1)])
    with pytest.raises(ForgeError, match="none can be used"):
        solved_examples(tokenizer, nothing, PLAIN, range(2))


def test_the_file_gives_back_what_was_written_and_a_damaged_one_is_refused(solved: Solved, tmp_path: Path) -> None:
    path = tmp_path / "solved.json"
    write_json(path, vars(solved))
    assert read_solved(path) == solved
    row = solved.mistakes[0]
    for damage in (
        {"done": COUNT + 1},
        {"settings": {}},
        {"counts": {"addition": {}}},
        {"mistakes": [{**row, "line": 3}]},
        {"mistakes": [{**row, "problem": "first"}]},
        {"unusable": [3]},
        {"more": 1},
    ):
        write_json(path, vars(solved) | damage)
        with pytest.raises(ForgeError, match="not written by `forge solve`"):
            read_solved(path)


def test_data_are_made_of_a_solved_file(solved: Solved, tokenizer_file: Path, tmp_path: Path, capsys) -> None:
    path, output = tmp_path / "solved.json", tmp_path / "data"
    write_json(path, vars(solved))
    command = ["data", "--solved", str(path), "--output", str(output), "--held-out", "2"]
    assert main(command) == 1
    assert "--solved needs --tokenizer" in capsys.readouterr().err
    command += ["--tokenizer", str(tokenizer_file)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(data, "SHARD_PROBLEMS", 100)
        assert main(command) == 0
    counted = [len(load_examples(shard).prefixes) for shard in shards(output)]
    assert counted == [90, 45]
    assert (output / "tokenizer.json").read_bytes() == tokenizer_file.read_bytes()
    write_json(path, vars(solved) | {"unusable": []})
    assert main(command) == 1
    assert "other settings" in capsys.readouterr().err


def test_a_curriculum_without_problems_to_think_about_is_refused() -> None:
    for changes in ({"families": {"out of domain": 1.0}}, {"difficulties": (1.0, 0.0, 0.0)}):
        with pytest.raises(ForgeError, match="no moderate or hard problem"):
            ProblemDraw.of(replace(Curriculum(), **changes), 1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    pytest.importorskip("torch", reason="solving needs the `train` extra: forge setup train --install")
    return tagged_model(tmp_path_factory.mktemp("solver"))


def test_a_stopped_run_goes_on_and_writes_what_an_unbroken_one_does(folder: Path, tmp_path: Path, capsys) -> None:
    from reflection_model.commands import solve

    command = ["solve", str(folder), "--problems", "5", "--seed", "3"]
    stopped, unbroken = tmp_path / "stopped.json", tmp_path / "unbroken.json"

    def stop(self: Solved, *of_reply) -> None:
        if self.done == 2:
            raise KeyboardInterrupt
        add(self, *of_reply)

    add = Solved.add
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(solve, "AT_ONCE", 2)
        with pytest.MonkeyPatch.context() as stopping:
            stopping.setattr(Solved, "add", stop)
            assert main([*command, "--output", str(stopped)]) == 130
        assert [path.name for path in tmp_path.iterdir()] == ["stopped.json.part"]
        assert main([*command[:-1], "4", "--output", str(stopped)]) == 1
        assert "begun with other settings" in capsys.readouterr().err
        assert main([*command, "--output", str(stopped)]) == 0
        assert main([*command, "--output", str(unbroken)]) == 0
    assert stopped.read_bytes() == unbroken.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["stopped.json", "unbroken.json"]
    solved = read_solved(stopped)
    assert solved.done == solved.total()["problems"] == 5
    assert solved.settings["temperature"] == 0.7 and len(solved.settings["model"]) == 64


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--problems", "0"], "too few"),
        (["--problems", "1", "--top-p", "0"], "out of range"),
        (["--problems", "1", "--temperature", "-1"], "out of range"),
    ],
)
def test_options_out_of_range_are_refused(tmp_path: Path, capsys, options: list[str], message: str) -> None:
    assert main(["solve", str(tmp_path / "model"), "--output", str(tmp_path / "x.json"), *options]) == 1
    assert message in capsys.readouterr().err
