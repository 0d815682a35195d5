"""What counts as right, as well-formed and as a detected mistake."""

from __future__ import annotations

import pytest

from reflection_model.tuning.evaluation import (
    SETTINGS,
    evaluate_false_alarms,
    evaluate_injection,
    evaluate_setting,
    interval,
    is_right,
    is_well_formed,
    output_of,
)
from reflection_model.tuning.held_out import HeldOutProblem, Injection, draw_held_out
from reflection_model.tuning.out_of_domain import HONEST_REPLY


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
    assert result["out of domain honest"]["percent"] == 100
    assert result["well-formed"]["percent"] == 100
    assert set(result["by family"]) == {p.family for p in PROBLEMS if p.family != "out of domain"}


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
