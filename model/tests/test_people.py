"""The questions in other people's words: their answers are right, and the set is what its README says."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))
from people_checks import answer_of  # noqa: E402


def _rows(name: str) -> list[dict]:
    return [json.loads(line) for line in (BENCHMARKS / name).read_text(encoding="utf-8").splitlines()]


ROWS, VISITORS = _rows("people.jsonl"), _rows("visitors.jsonl")
PROBLEMS = [row for row in ROWS if row["family"] != "none"]


@pytest.mark.parametrize("family", sorted({row["family"] for row in PROBLEMS}))
def test_every_answer_is_what_a_program_computes(family: str) -> None:
    rows = [row for row in PROBLEMS if row["family"] == family]
    computed = {row["id"]: answer_of(row["check"]) for row in rows}
    wrong = {row["id"]: (row["answer"], computed[row["id"]]) for row in rows if computed[row["id"]] != row["answer"]}
    assert wrong == {}
    assert len(rows) >= 60


def test_every_answer_to_a_visitor_is_what_a_program_computes() -> None:
    problems = [row for row in VISITORS if row["family"] != "none"]
    assert {row["family"] for row in problems} == {row["family"] for row in PROBLEMS}
    assert [row for row in problems if answer_of(row["check"]) != row["answer"]] == []
    assert {row["half"] for row in VISITORS} == {"development"}
    assert {row["answer"] for row in VISITORS if row["family"] == "none"} == {""}


def test_no_visitor_asks_what_stands_in_the_peoples_set() -> None:
    people, visitors = ({row["question"].lower() for row in rows} for rows in (ROWS, VISITORS))
    assert len(visitors) == len(VISITORS)
    assert not people & visitors


def test_a_wrong_answer_would_be_found() -> None:
    assert answer_of("17+58") != "76"
    with pytest.raises(ValueError, match="not one answer"):
        answer_of('rank("A,B,C", "A>B", 1)')


def test_messages_that_are_no_problem_have_no_answer() -> None:
    others = [row for row in ROWS if row["family"] == "none"]
    assert len(others) >= 200
    assert {row["answer"] for row in others} == {""}
    assert all("check" not in row for row in others)


def test_the_halves_are_alike() -> None:
    counts = Counter((row["family"], row["half"]) for row in ROWS)
    assert {half for _, half in counts} == {"development", "final"}
    assert all(abs(counts[family, "development"] - counts[family, "final"]) <= 1 for family, _ in counts)


def test_nobody_is_asked_twice() -> None:
    assert max(Counter(row["id"] for row in ROWS).values()) == 1
    masked = Counter(
        (row["family"], re.sub(r"\d[\d.,:]*", "0", row["question"].lower()).strip())
        for row in PROBLEMS
        if re.search("[a-z]", row["question"].lower())
    )
    assert [frame for frame, count in masked.items() if count > 2] == []
