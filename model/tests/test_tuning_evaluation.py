"""What counts as right, as well-formed and as a detected mistake."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reflection_model.errors import ForgeError
from reflection_model.tuning.evaluation import (
    SETTINGS,
    evaluate_false_alarms,
    evaluate_injection,
    evaluate_setting,
    interval,
    is_right,
    is_well_formed,
    output_of,
    step_figures,
)
from reflection_model.tuning.held_out import HeldOutProblem, Injection, draw_held_out
from reflection_model.tuning.out_of_domain import HONEST_REPLY
from reflection_model.tuning.people import evaluate_people, read_people, same_answer


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("<output>7</output>", True),
        ("<thinking>\n 3+4=7\n</thinking>\n<output>7</output>", True),
        ("<thinking>\n tenths 4<5\n<reflection> 4<5, right</reflection>\n</thinking>\n<output>0.5</output>", True),
        ("<thinking>\n 3+4=7\n<output>7</output>", False),
        ("<thinking>\n 3+4=7\n<reflection> right\n</thinking>\n<output>7</output>", False),
        ("<output></output>", False),
        ("<output>7", False),
        ("7", False),
        ("<output>7</output> and more", False),
        ("<output>7</output><output>8</output>", False),
    ],
)
def test_well_formed_replies(reply: str, expected: bool) -> None:
    assert is_well_formed(reply) is expected


def test_only_the_output_counts() -> None:
    assert output_of("<thinking>\n 12\n</thinking>\n<output> 7 </output>") == "7"
    assert output_of("<output>3<4</output>") == "3<4"
    assert output_of("<thinking>\n 7\n</thinking>") is None


def test_right_answers_match_exactly_and_honest_ones_say_what_the_model_is() -> None:
    problem = HeldOutProblem("addition", "easy", "What is 3+4?", "3+4", "7")
    assert is_right(problem, "<output>7</output>")
    assert not is_right(problem, "<output>17</output>")
    assert not is_right(problem, "<thinking>\n 7\n</thinking>")
    stranger = HeldOutProblem("out of domain", "easy", "Who won?", "Who won?", "")
    assert is_right(stranger, f"<output>{HONEST_REPLY}</output>")
    assert not is_right(stranger, "<output>Brazil</output>")


def test_interval_holds_the_share_and_narrows() -> None:
    low, high = interval(90, 100)
    assert low < 0.9 < high
    assert interval(900, 1000)[0] > low
    assert interval(0, 0) == (0.0, 1.0)
    assert interval(0, 549)[0] == 0.0


PROBLEMS = draw_held_out(5, 10)


def _perfect(prompts, forbidden: bool) -> list[str]:
    answers = {problem.question: problem.answer or HONEST_REPLY for problem in PROBLEMS}
    questions = [prompt.split("user<|end_header_id|>\n\n")[1].split("<|eot_id|>")[0] for prompt in prompts]
    return [f"<output>{answers[question]}</output>" for question in questions]


def test_a_perfect_model_scores_100_everywhere() -> None:
    result = evaluate_setting(PROBLEMS, SETTINGS[0], _perfect, len)
    assert result["exact match"]["percent"] == 100
    assert result["steps"]["read right"]["count"] == len(PROBLEMS) - 10  # it answers without a step
    assert "steps" not in evaluate_setting(PROBLEMS, SETTINGS[3], _perfect, len)
    assert result["out of domain honest"]["percent"] == 100
    assert result["well-formed"]["percent"] == 100
    assert set(result["by family"]) == {p.family for p in PROBLEMS if p.family != "out of domain"}


def test_steps_are_read_made_noticed_mended_doubted_and_spoiled() -> None:
    steps = (" 12+30\n", " ones 2+0=2, 2\n", " tens 1+3=4, 42\n")
    problem = HeldOutProblem("addition", "hard", "What is 12+30?", "12+30", "42", steps=steps)
    stranger = HeldOutProblem("out of domain", "easy", "Who won?", "Who won?", "")
    noticed = "<reflection> 4-3=1, not 5: tens 1+3=4, 42</reflection>\n"
    doubted = "<reflection> 2-0=2, not 2: ones 2+0=3, 3</reflection>\n"
    said = {
        "all right": ("".join(steps), "42"),
        "misread": (" 12+13\n ones 2+3=5, 5\n tens 1+1=2, 25\n", "25"),
        "mended": (f"{steps[0]}{steps[1]} tens 1+3=5, 52\n{noticed}", "42"),
        "missed": (f"{steps[0]}{steps[1]} tens 1+3=5, 52\n", "52"),
        "spoiled": (f"{steps[0]}{steps[1]}{doubted} tens 1+3=4, 43\n", "43"),
    }
    replies = [f"<thinking>\n{thinking}</thinking>\n<output>{answer}</output>" for thinking, answer in said.values()]
    problems = [problem] * len(said) + [stranger]
    right = [answer == "42" for _, answer in said.values()] + [True]
    figures = step_figures(problems, [*replies, f"<output>{HONEST_REPLY}</output>"], right)
    counted = {name: (figure["percent"], figure["count"]) for name, figure in figures.items() if "count" in figure}
    assert counted == {
        "read right": (80, 5),
        "right where read right": (50, 4),
        "with a wrong step": (75, 4),  # what follows from a wrong correction differs too
        "wrong steps noticed": (33.33, 3),
        "wrong steps mended": (33.33, 3),
        "with a doubted step": (25, 4),
        "doubted steps spoiled": (100, 1),
    }
    assert figures["read"] == [True, False, True, True, True, False]


def test_a_forced_step_comes_after_the_right_ones_and_a_correction_is_detected() -> None:
    asked: list[str] = []

    def corrects(prompts, forbidden: bool) -> list[str]:
        asked.extend(prompts)
        return ["<reflection> 1+1=2, not 3: 1+1=2</reflection>\n</thinking>\n<output>no</output>" for _ in prompts]

    result = evaluate_injection(PROBLEMS, "unseen", corrects, False)
    assert result["detected"]["percent"] == 100
    assert result["final answer right"]["percent"] == 0
    injections: list[Injection] = [p.unseen for p in PROBLEMS if p.unseen is not None]
    assert all(
        prompt.endswith(f"<thinking>\n{injection.before}{injection.wrong}")
        for prompt, injection in zip(asked, injections, strict=True)
    )


def test_confirming_a_right_step_is_no_false_alarm() -> None:
    confirms = lambda prompts, forbidden: ["<reflection> 1+1=2, right</reflection>\n" for _ in prompts]  # noqa: E731
    alarms = lambda prompts, forbidden: ["<reflection> 1+1=2, not 2: 1+1=2</reflection>\n" for _ in prompts]  # noqa: E731
    assert evaluate_false_alarms(PROBLEMS, confirms)["false alarms"]["percent"] == 0
    assert evaluate_false_alarms(PROBLEMS, alarms)["false alarms"]["percent"] == 100


@pytest.mark.parametrize(
    ("family", "expected", "given", "same"),
    [
        ("addition", "1234", "1,234", True),
        ("addition", "1234", "12345", False),
        ("addition", "12", "twelve", False),
        ("comparison", "9.9", "9.90", True),
        ("comparison", "9.9", "9.11", False),
        ("clock", "09:05", "9:05", True),
        ("clock", "17:30", "5:30 pm", True),
        ("clock", "17:30", "5:30", False),
        ("clock", "1 hour 35 minutes", "1 h 35 min", True),
        ("clock", "1 hour 35 minutes", "1 hour and 35 minutes", True),
        ("clock", "1 hour 35 minutes", "35 minutes", False),
        ("units", "3 litres 250 millilitres", "3 l 250 ml", True),
        ("units", "250 cm", "250 centimeters", True),
        ("units", "250 cm", "250 mm", False),
        ("units", "£3.45", "3 pounds 45 pence", True),
        ("units", "4 hours", "4 hours 0 minutes", True),
        ("sorting", "3, 12, 1,450", "3, 12, 1450", True),
        ("sorting", "3, 12, 45", "3 < 12 < 45", True),
        ("sorting", "3, 12, 45", "45, 12, 3", False),
        ("ordering", "the oak", "Oak", True),
        ("ordering", "Anna", "Anne", False),
        ("reversing", "elppA", "elppa", True),
        ("word problem", "17", "17.", True),
    ],
)
def test_answers_are_the_same_however_they_are_written(family: str, expected: str, given: str, same: bool) -> None:
    assert same_answer(family, expected, given) is same


def _questions(tmp_path: Path) -> Path:
    rows = [
        {"id": "1", "family": "addition", "half": "development", "question": "3+4", "answer": "7"},
        {"id": "2", "family": "clock", "half": "development", "question": "8:00 + 1 h", "answer": "09:00"},
        {"id": "3", "family": "none", "half": "development", "question": "who won", "answer": ""},
        {"id": "4", "family": "none", "half": "final", "question": "hi", "answer": ""},
    ]
    path = tmp_path / "people.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


def test_people_are_counted_by_half_with_refusals_and_attempts_apart(tmp_path: Path) -> None:
    said = {"3+4": HONEST_REPLY, "8:00 + 1 h": "9:00", "who won": "12", "hi": HONEST_REPLY}

    def answers(prompts, forbidden: bool) -> list[str]:
        asked = [prompt.split("user<|end_header_id|>\n\n")[1].split("<|eot_id|>")[0] for prompt in prompts]
        return [f"<output>{said[question]}</output>" for question in asked]

    halves = evaluate_people(read_people(_questions(tmp_path)), answers)["halves"]
    assert halves["development"]["right"]["percent"] == 50
    assert halves["development"]["by family"]["clock"]["percent"] == 100
    assert halves["development"]["false refusals"]["percent"] == 50
    assert halves["development"]["false attempts"]["percent"] == 100
    assert halves["final"]["false attempts"]["percent"] == 0
    assert [question.id for question in read_people(_questions(tmp_path), "final")] == ["4"]


def test_a_damaged_set_is_refused_with_its_line(tmp_path: Path) -> None:
    path = _questions(tmp_path)
    path.write_text(path.read_text() + '\n{"id": "5"}')
    with pytest.raises(ForgeError, match="line 5"):
        read_people(path)
    with pytest.raises(ForgeError, match="missing"):
        read_people(tmp_path / "nothing.jsonl")


def test_seen_and_unseen_wording_are_figures_of_their_own() -> None:
    def knows_training_only(prompts, forbidden: bool) -> list[str]:
        replies = _perfect(prompts, forbidden)
        return [
            f"<output>{HONEST_REPLY}</output>" if problem.wording == "unseen" else reply
            for problem, reply in zip(PROBLEMS, replies, strict=True)
        ]

    result = evaluate_setting(PROBLEMS, SETTINGS[0], knows_training_only, len)
    assert result["seen wording"]["percent"] == 100
    assert result["unseen wording"]["percent"] == 0
    assert result["false refusals"]["percent"] == 50
    assert result["false attempts"]["percent"] == 0
    assert result["unseen wording"]["count"] == result["seen wording"]["count"]
