"""A model's own steps beside the right ones: the first mistake, what a reflection quotes of it, and what is no step."""

from __future__ import annotations

import re
from random import Random

import pytest

from reflection_model.tuning.curriculum import Curriculum, is_held_out, is_table_fact
from reflection_model.tuning.families import FAMILIES
from reflection_model.tuning.problem import TRAINED_KINDS, Problem
from reflection_model.tuning.solution import ReflectionRates, reply
from reflection_model.tuning.solved_problems import ProblemDraw
from reflection_model.tuning.step_comparison import LONGEST_LINE, Compared, claim_of, compare

DRAW = ProblemDraw.of(Curriculum(), 4)
PROBLEMS = [DRAW.problem(number)[0] for number in range(300)]
LINES = (" 12+30\n", " ones 2+0=2, 2\n", " tens 1+3=4, 42\n")


def _thinking(*lines: str) -> str:
    return f"<thinking>\n{''.join(lines)}</thinking>\n<output>42</output>"


def _lines(problem: Problem) -> list[str]:
    return [step.text for step in problem.steps]


def test_a_problem_is_the_same_for_its_number_and_never_held_out() -> None:
    again = DRAW.problem(7)
    assert (again[0].key, again[1]) == (PROBLEMS[7].key, DRAW.problem(7)[1])
    assert {problem.difficulty for problem in PROBLEMS} == {"moderate", "hard"}
    assert all(problem.steps for problem in PROBLEMS)
    assert all(is_table_fact(p) or not is_held_out(p.family, p.key) for p in PROBLEMS)
    assert {problem.family for problem in PROBLEMS} == set(FAMILIES)


def test_right_steps_are_right_in_every_family_whether_they_are_checked_or_not() -> None:
    random = Random(1)
    for problem in PROBLEMS:
        assert compare(_lines(problem), _thinking(*_lines(problem))) == Compared(len(problem.steps), 0)
        checked = reply(random, problem, "reflection", ReflectionRates(0.0, 0.0, labelled=True))
        assert compare(_lines(problem), "".join(p.text for p in checked)) == Compared(len(problem.steps), 0)


def test_the_first_wrong_step_is_found_with_a_claim_of_whole_words_and_numbers() -> None:
    random = Random(2)
    found = same = 0
    for problem in PROBLEMS:
        index = random.randrange(len(problem.steps))
        mistake = problem.steps[index].draw_mistake(random, TRAINED_KINDS)
        if mistake is None:
            continue
        lines = _lines(problem)
        lines[index] = mistake.text
        compared = compare(_lines(problem), _thinking(*lines))
        assert compared.right == index and compared.no_step is None
        wrong = compared.wrong
        assert wrong is not None and (wrong.step, wrong.line, wrong.noticed) == (index, mistake.text, False)
        assert re.search(rf"(?<![\w.]){re.escape(wrong.claim)}(?![\w])", mistake.text)
        found += 1
        same += wrong.claim == mistake.claim
    assert found > 200
    assert same > found / 2, "most claims are what a deliberate mistake quotes"


@pytest.mark.parametrize(
    ("wrong", "right", "claim"),
    [
        (" tens 4+8+1=12, 26\n", " tens 4+8+1=13, 36\n", "12"),
        (" tens 4+8+1=13, 26\n", " tens 4+8+1=13, 36\n", "26"),
        (" tens 4+9+1=14, 46\n", " tens 4+8+1=13, 36\n", "4+9+1=14"),
        (" ones 4+8=12\n", " tens 4+8=12\n", "ones"),
        (" 23+45=\n", " 23+45=68\n", "23+45="),
        (" tenths 4>5\n", " tenths 4<5\n", "4>5"),
        (" 9<45<12\n", " 9<12<45\n", "45"),
        (" 9<12\n", " 9<12<45\n", "12"),
        (" 9<12>45\n", " 9<12<45\n", ">45"),
        (" 9<12 <<\n", " 9<12\n", "<<"),
        (" <\n", " 9<12\n", "<"),
        (" Ann > Bo: Bo > Ann > Cy\n", " Ann > Bo: Ann > Bo > Cy\n", "Bo > Ann > Cy"),
        (" 3s 2t 1r\n", " 3s 2t 1a\n", "1r"),
        (" 1r 2a\n", " 1r 2a 3t\n", "2a"),
        (" 1r 2a 3t\n", " 1r 2a\n", "3t"),
        (" 2:35 pm is 15:35\n", " 2:35 pm is 14:35\n", "15:35"),
    ],
)
def test_a_claim_is_what_a_reflection_can_quote(wrong: str, right: str, claim: str) -> None:
    assert claim_of(wrong, right) == claim


def test_what_the_model_said_of_its_own_steps_is_counted() -> None:
    doubts = "<reflection> 12 30, not 12: 12+30</reflection>\n"
    agrees = "<reflection> 2, right</reflection>\n"
    wrong = " tens 1+3=5, 52\n"
    noticed = "<reflection> 3+1=4, not 5: tens 1+3=4, 42</reflection>\n"
    compared = compare(LINES, _thinking(" 12+30\n", doubts, " ones 2+0=2, 2\n", agrees, wrong, noticed))
    assert (compared.right, compared.doubted) == (2, 1)
    assert compared.wrong is not None and compared.wrong.noticed and compared.wrong.claim == "5"
    unnoticed = compare(LINES, _thinking(" 12+30\n", " ones 2+0=2, 2\n", wrong, "<reflection> 5, right</reflection>\n"))
    assert unnoticed.wrong is not None and not unnoticed.wrong.noticed


def test_nothing_after_the_first_mistake_counts() -> None:
    compared = compare(LINES, _thinking(" 12+13\n", " ones 2+3=5, 5\n", "<thinking>"))
    assert (compared.right, compared.no_step) == (0, None)
    assert compared.wrong is not None and compared.wrong.line == " 12+13\n"


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("<output>42</output>", "no thinking"),
        (_thinking(" 12+30\n"), "ended early"),
        (_thinking(*LINES, " 42\n"), "beyond the last step"),
        ("<thinking>\n 12+30\n ones 2+", "cut off"),
        (_thinking(" 12+30\n", "\n"), "empty"),
        (_thinking(f" {'1' * LONGEST_LINE}\n"), "too long"),
        (_thinking(" 12<output>\n"), "tags"),
        (_thinking("<reflection> 12+30 never ends\n", " 12+30\n"), "tags"),
        (_thinking(" 12+30\n", " tens 1+3=4, 42\n"), "too early"),
        (_thinking(" 12+30 \n"), "only spaces"),
    ],
)
def test_a_line_that_is_no_step_is_told_apart_from_a_wrong_one(reply: str, reason: str) -> None:
    compared = compare(LINES, reply)
    assert compared.no_step == reason
    assert compared.wrong is None
