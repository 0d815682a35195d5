"""The scenes: every line can be asked, its numbers fit, and what it asks follows from it."""

from __future__ import annotations

import re
from importlib import import_module
from random import Random

import pytest

from reflection_model.tuning import scenes
from reflection_model.tuning.families import FAMILIES
from reflection_model.tuning.families.told_sums import draw_sum, parse_sum, share_step, work_out
from reflection_model.tuning.out_of_domain import held_out_messages
from reflection_model.tuning.problem import TRAINED_KINDS
from reflection_model.tuning.scenes import Scene, claimed, filled

MODULES = tuple(
    import_module(f"reflection_model.tuning.families.{name}")
    for name in (
        "arithmetic", "clock", "decimals", "letters", "ordering", "sorting", "unit_sums", "word_problems",
    )
)  # fmt: skip


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch):  # noqa: ANN201
    """Makes every family ask one scene."""

    def ask(scene: Scene) -> None:
        for module in MODULES:
            monkeypatch.setattr(module, "SHARE", 1.0)
            monkeypatch.setattr(module, "draw_scene", lambda *_: scene)

    return ask


@pytest.mark.parametrize("family", FAMILIES)
def test_every_scene_can_be_asked_and_solved(family: str, only) -> None:  # noqa: ANN001
    random = Random(f"scenes {family}")
    for side in ("training", "unseen"):
        for scene in scenes.scenes(family, side):
            only(scene)
            while True:
                difficulty = random.choice(("easy", "moderate", "hard"))
                try:
                    problem = FAMILIES[family](random, difficulty, side)
                    break
                except KeyError as error:  # a clock scene asks for one kind, and the kind is drawn first
                    assert family == "clock" and str(error) in ("'t'", "'u'", "'d'"), scene
            assert not re.search(r"[{}]", problem.question), scene
            assert problem.answer and problem.steps, scene


@pytest.mark.parametrize("family", [*FAMILIES, "none"])
def test_a_fifth_of_the_scenes_is_kept_from_training(family: str) -> None:
    training, unseen = (set(scenes.scenes(family, side)) for side in ("training", "unseen"))
    assert len(training) + len(unseen) > 500
    assert not training & unseen
    assert abs(len(unseen) / (len(training) + len(unseen)) - 0.2) < 0.06


def test_held_out_messages_have_scenes_that_training_never_uses() -> None:
    asked = set(held_out_messages(Random(4), 400))
    assert len(asked & {scene.text for scene in scenes.scenes("none", "unseen")}) > 10


def test_numbers_touch_signs_in_digits_only_and_ranges_hold() -> None:
    random = Random(3)
    texts = [
        filled(random, "arithmetic", "training", Scene("f({a}) <yes|no> {b}", ""), {"a": 1234, "b": 1234})
        for _ in range(300)
    ]
    assert all("f(1234)" in text for text in texts)
    assert any("thousand" in text for text in texts) and any(text.count("1,234") for text in texts)
    numbers, told = draw_sum(random, "a * b - c", {"a": "2-3", "b": "", "c": "1-1"}, "hard")
    assert numbers["a"] in (2, 3) and numbers["c"] == 1
    assert told.total == numbers["a"] * numbers["b"] - 1


@pytest.mark.parametrize("family", ["addition", "subtraction", "multiplication", "word problem", "counting"])
def test_an_answer_that_somebody_claims_is_not_read_as_a_number_of_the_problem(family: str, only) -> None:  # noqa: ANN001
    asked = {"word problem": "a - b", "counting": ""}.get(family, "")
    told = "{c} in {w}" if family == "counting" else "{a} and {b}"
    only(Scene(f"{told}: no, not {{claim}}!", asked))
    without = FAMILIES[family](Random(1), "moderate").steps[0].text
    assert re.fullmatch(r' (\d+ ?[-+*]\d+|\w in "\w+")\n', without)
    problems = [FAMILIES[family](Random(number), "moderate") for number in range(200)]
    assert len(problems) > sum(f"not {problem.answer}!" in problem.question for problem in problems) > 20
    assert all(re.fullmatch(r' (\d+ ?[-+*]\d+|\w in "\w+")\n', problem.steps[0].text) for problem in problems)


def test_claims_are_near_the_answer() -> None:
    random = Random(2)
    claims = [claimed(random, 120) for _ in range(300)]
    assert 0.25 < claims.count(120) / 300 < 0.5
    assert all(claim >= 0 for claim in claims + [claimed(random, 0) for _ in range(300)])
    assert {119, 121, 130, 1200} <= set(claims)


def test_some_amounts_of_money_are_written_as_prices(only) -> None:  # noqa: ANN001
    only(Scene("{n} dollars and {r} cents, {s} cents more?", "{n} dollars {r} cents + {s} cents"))
    problems = [FAMILIES["units"](Random(number), "moderate") for number in range(200)]
    priced = [problem for problem in problems if "$" in problem.question]
    assert 30 < len(priced) < 120
    for problem in priced:
        dollars, cents = re.search(r"\$(\d+)\.(\d\d)\b", problem.question).groups()  # type: ignore[union-attr]
        assert problem.steps[0].text.startswith(f" {dollars} dollar")
        assert re.search(rf"dollars? {int(cents)} cents? \+ ", problem.steps[0].text)


@pytest.mark.parametrize(
    ("expression", "numbers", "total", "reading"),
    [
        ("a + b - c", {"a": 5, "b": 4, "c": 2}, 7, "5 +4 -2"),
        ("a + b * c", {"a": 5, "b": 4, "c": 2}, 13, "5 +4*2"),
        ("a - b / c", {"a": 20, "b": 8, "c": 3}, 4, "20 -8 /3"),
        ("a - a / 3", {"a": 12}, 8, "12 -12/3"),
        ("a * 5 + a / 2", {"a": 8}, 44, "8*5 +8/2"),
        ("a / b * c", {"a": 12, "b": 3, "c": 5}, 20, "12 /3 *5"),
        ("a * b * c", {"a": 2, "b": 3, "c": 4}, 24, "2*3*4"),
    ],
)
def test_a_told_sum_is_worked_out(expression: str, numbers: dict[str, int], total: int, reading: str) -> None:
    told = work_out(parse_sum(expression), numbers)
    assert told is not None
    assert (told.total, told.reading) == (total, reading)
    assert re.search(rf"\b{total}\n", told.steps[-1].text)


@pytest.mark.parametrize(
    ("total", "parts", "line"),
    [
        (48, 6, " 48/6=8\n"),
        (80, 8, " 80/8=10\n"),
        (84, 7, " 84/7: 7*10=70, 84-70=14, 7*2=14, 12\n"),
        (60, 3, " 60/3: 3*20=60, 20\n"),
        (6864, 13, " 6864/13: 13*500=6500, 6864-6500=364, 13*20=260, 364-260=104, 13*8=104, 528\n"),
        (1206, 6, " 1206/6: 6*200=1200, 1206-1200=6, 6*1=6, 201\n"),
    ],
)
def test_larger_quotients_are_worked_out_place_by_place(total: int, parts: int, line: str) -> None:
    step = share_step(total, parts)
    assert step.text == line
    assert step.check == f" {parts}*{total // parts}={total}, {total // parts}"
    mistake = step.draw_mistake(Random(1), TRAINED_KINDS)
    assert mistake is not None and mistake.text.startswith(line.rpartition(" ")[0] if ":" in line else line[:6])


def test_a_told_sum_refuses_numbers_that_do_not_fit() -> None:
    assert work_out(parse_sum("a - b"), {"a": 3, "b": 4}) is None
    assert work_out(parse_sum("a / b"), {"a": 7, "b": 2}) is None


def test_the_order_of_a_scene_follows_from_its_facts(only) -> None:  # noqa: ANN001
    only(Scene("[the elm/the oak/the fir/the ash] {B} beats {C}. {A} beats {B}. Least?", "least: C | B>C, A>B, A>C"))
    for number in range(20):
        problem = FAMILIES["ordering"](Random(number), "moderate")
        facts = re.findall(r"[Tt]he (\w+) beats the (\w+)", problem.question)
        (second, third), (first, _) = facts
        assert problem.answer == f"the {third}"
        # In the order in which they are named: the second, the third, the first.
        assert problem.steps[0].text == f" 1 the {second}, 2 the {third}, 3 the {first}: least\n"
        assert [step.text for step in problem.steps[1:]] == [" 1>2: 1>2\n", " 3>1: 3>1>2\n", " least 2\n"]


def test_the_writer_of_a_puzzle_may_stand_in_its_order(only) -> None:  # noqa: ANN001
    only(Scene("{A} is taller than me, {C} isn't as tall as I. Shortest of us?", "Shortest: C | A>B, B>C; B is I"))
    problem = FAMILIES["ordering"](Random(1), "moderate")
    first, third = re.match(r"(\w+) is taller than me, (\w+) isn't", problem.question).groups()
    assert problem.answer == third
    assert problem.steps[0].text == f" 1 {first}, 2 I, 3 {third}: Shortest\n"
    assert [step.text for step in problem.steps[1:]] == [" 1>2: 1>2\n", " 3<2: 1>2>3\n", " Shortest 3\n"]
    only(Scene("i am older than {B}. Who is older?", "older: A | A>B; A is I"))
    assert FAMILIES["ordering"](Random(2), "easy").answer == "You"
    only(Scene("My name is {A}. {B} lost to me. Winner?", "Winner: A | A>B; A is I"))
    problem = FAMILIES["ordering"](Random(3), "easy")
    name, loser = re.match(r"My name is (\w+). (\w+) lost", problem.question).groups()
    assert problem.answer == name
    assert [step.text for step in problem.steps[:2]] == [f" 1 {name}, 2 {loser}: Winner\n", " 2>1: 2>1\n"]


@pytest.mark.parametrize("asked", ["{n} m {r} cm + {m} m {s} cm", "{n} hours - {m} h {s} min", "{n} kg - {m} g"])
def test_mixed_amounts_are_added_and_taken_away(asked: str, only) -> None:  # noqa: ANN001
    only(Scene(asked, asked))
    factor = 100 if "cm" in asked else 60 if "min" in asked else 1000
    for number in range(40):
        problem = FAMILIES["units"](Random(number), "hard")
        first, second = (
            sum(int(n) * (1 if unit in ("cm", "min", "g") else factor) for n, unit in amounts)
            for amounts in (re.findall(r"(\d+) (\w+)", side) for side in re.split(r" [+-] ", problem.steps[0].text))
        )
        given = sum(
            int(n) * (1 if unit.startswith(("cm", "min", "g")) else factor)
            for n, unit in re.findall(r"(\d+) (\w+)", problem.answer)
        )
        assert given == (first + second if "+" in asked else first - second)
        assert given > 0
