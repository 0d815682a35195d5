"""The matched controls show the same problems, and the tables of the study say what its runs did."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import pytest

from reflection_model.errors import ForgeError
from reflection_model.tuning.bpe import train_tokenizer
from reflection_model.tuning.curriculum import Curriculum, draw_conversation
from reflection_model.tuning.curriculum_file import read_curriculum
from reflection_model.tuning.dataset import draw_examples
from reflection_model.tuning.solution import ReflectionRates
from reflection_model.tuning.study import (
    BASELINE,
    VARIANTS,
    Problems,
    Run,
    difference,
    file_name,
    natural_rates,
    preferred,
    tables,
    trained,
)

WITH = Curriculum(first_words=0.0, first_line=0.0)
WITHOUT = replace(WITH, rates=ReflectionRates(taken_out=True), same_problems=True)


@pytest.fixture(scope="module")
def tokenizer():
    random = Random(1)
    texts = ["".join(part.text for part in draw_conversation(random, WITH).parts) for _ in range(2000)]
    return train_tokenizer(texts, 1024)


def test_the_control_asks_the_same_and_shows_no_reflection() -> None:
    for number in range(400):
        ours = draw_conversation(Random(f"s {number}"), WITH)
        control = draw_conversation(Random(f"s {number}"), WITHOUT)
        questions = [[p.text for p in c.parts if "<|start_header_id|>user" in p.text] for c in (ours, control)]
        assert questions[0] == questions[1]
        assert ours.mode == control.mode
        text = "".join(part.text for part in control.parts)
        assert "<reflection>" not in text.replace("inside <reflection> tags", "")
        answers = [re.findall(r"<output>([^<>]*)</output>", "".join(p.text for p in c.parts)) for c in (ours, control)]
        assert answers[0] == answers[1]
        assert answers[0]


def test_the_control_ends_where_the_other_ends_after_its_first_line() -> None:
    for number in range(200):
        ours, control = (
            draw_conversation(Random(f"l {number}"), replace(mix, first_line=1.0, cut_short=0.0, several_turns=0.0))
            for mix in (WITH, WITHOUT)
        )
        texts = ["".join(p.text for p in c.parts) for c in (ours, control)]
        lines = [re.findall(r"<thinking>\n(.*)\n", text) for text in texts]
        assert len(lines[0]) == len(lines[1])
        if lines[0] and ours.parts[-1].text.startswith(" "):
            assert lines[0] == lines[1]
        is_order = re.search(r"<thinking>\n 1 .+, 2 .+: ", texts[1])  # these are shown whole
        if not lines[0]:
            assert texts[0] == texts[1]
        elif is_order:
            assert all("</thinking>" in text and "</output>" in text for text in texts)
        else:
            assert not any("</thinking>" in text or "</output>" in text for text in texts)


def test_the_same_problems_make_as_many_examples_and_fewer_tokens(tokenizer) -> None:
    ours, control = (draw_examples(tokenizer, curriculum, "a", 200_000) for curriculum in (WITH, WITHOUT))
    assert len(ours.prefixes) == len(control.prefixes)
    assert len(control.tokens) < 0.95 * len(ours.tokens)
    spent = draw_examples(tokenizer, replace(WITHOUT, same_problems=False), "a", 200_000)
    assert len(spent.prefixes) > len(ours.prefixes)
    assert len(spent.tokens) >= 200_000


def test_mistakes_carry_loss_only_where_they_are_to_be_learned() -> None:
    for learned in (False, True):
        rates = ReflectionRates(mistake=1.0, mistake_moderate=1.0, learned=learned)
        masked = [
            part
            for number in range(200)
            for part in draw_conversation(Random(f"m {number}"), replace(WITH, rates=rates, cut_short=0.0)).parts
            if not part.learned and part.text.startswith(" ")
        ]
        assert bool(masked) != learned


def _run(variant: str, seed: int, right: list[bool], read: list[bool] | None = None) -> Run:
    share = {"percent": 100 * float(np.mean(right)), "low": 0.0, "high": 100.0, "count": len(right)}
    setting = {
        "right": right, "exact match": share, "unseen wording": share, "tokens per answer": 80.0, "well-formed": share,
        "steps": {"read": read or [True] * len(right), "read right": share},
    }  # fmt: skip
    by_family = {"sorting": share, "clock": share}
    result = {
        "settings": [setting],
        "injection": [{"detected": share, "final answer right": share, "detected by family": by_family}],
        "control": {"false alarms": share, "false alarms by family": by_family, "final answer right": share},
    }
    return Run(variant, seed, 100, 2_000_000, result)


FAMILIES = ["sorting"] * 40 + ["clock"] * 40 + ["out of domain"] * 5
PROBLEMS = Problems(FAMILIES, [("easy", "moderate", "hard")[number % 3] for number in range(85)])


def _all(ours: Run, theirs: Run) -> np.ndarray:
    return PROBLEMS.known


def test_a_difference_is_in_points_with_an_interval_around_it() -> None:
    half = [number % 2 == 0 for number in range(85)]
    runs = [_run("reflections", seed, [True] * 85) for seed in (1, 2, 3)] + [
        _run(BASELINE, seed, half) for seed in (1, 2, 3)
    ]
    found = difference(runs, "reflections", BASELINE, _all)
    assert (found.points, found.by_seed) == (50, (50, 50, 50))
    assert found.half == pytest.approx(196 * 0.5 / 80**0.5, rel=0.02), "the seeds agree, so it is of the problems"
    of_clock = difference(runs, "reflections", BASELINE, lambda ours, theirs: PROBLEMS.of("clock"))
    assert of_clock.points == 50
    assert difference(runs, BASELINE, BASELINE, _all).points == 0
    assert difference(runs[:3], "reflections", BASELINE, _all).by_seed == ()


def test_seeds_that_disagree_widen_the_interval_as_students_t_has_it() -> None:
    nothing = [False] * 85
    shares = (10, 20, 30)
    runs = [_run("reflections", seed, [number < share for number in range(85)]) for seed, share in enumerate(shares)]
    runs += [_run(BASELINE, seed, nothing) for seed in range(3)]
    found = difference(runs, "reflections", BASELINE, _all)
    gains = [100 * share / 80 for share in shares]
    assert found.by_seed == pytest.approx(gains)
    of_seeds = 4.303 * np.std(gains, ddof=1) / 3**0.5
    assert found.half > of_seeds
    assert str(found).startswith("+25.0 ± ") and str(found).endswith("(+12.5 +25.0 +37.5)")
    alone = difference([run for run in runs if run.seed == 1], "reflections", BASELINE, _all)
    assert str(alone) == "+25.0" and np.isnan(alone.half)


def test_the_tables_hold_every_variant_that_ran() -> None:
    runs = [_run("reflections", 1, [True] * 85), _run(BASELINE, 1, [False] * 85)]
    text = tables(runs, PROBLEMS)
    assert "| reflections | 1 | 100 | 2.0 | 100.0 (100.0–100.0) |" in text
    assert f"| reflections | {BASELINE} | +100.0 | +100.0 | +100.0 |" in text
    assert f"| {BASELINE} | 100.0 (100.0–100.0) | 0.0 (0.0–0.0) | 0.0 (0.0–0.0) | 0.0 (0.0–0.0) |" in text
    assert "mistakes learned" not in text and "same tokens" not in text


def test_the_comparison_of_what_both_read_right_leaves_out_the_rest() -> None:
    ours = _run("reflections", 1, [number < 20 for number in range(85)], read=[number < 40 for number in range(85)])
    theirs = _run(BASELINE, 1, [number < 10 for number in range(85)], read=[number >= 10 for number in range(85)])
    (line,) = (
        one for one in tables([ours, theirs], PROBLEMS).splitlines() if one.startswith(f"| reflections | {BASELINE}")
    )
    assert line.split(" | ")[2:4] == ["+12.5", "+33.3"]


def test_variants_have_file_names_of_their_own() -> None:
    assert len({file_name(variant) for variant in VARIANTS}) == len(VARIANTS)
    assert file_name(BASELINE) == "control-same-problems"


def test_what_a_variant_needs_comes_before_it() -> None:
    names = list(VARIANTS)
    for name, variant in VARIANTS.items():
        needs = {variant.after, variant.solver, variant.paced_by} - {None}
        assert all(names.index(need) < names.index(name) for need in needs)
        assert set(variant.against) <= set(names)
        for other in variant.against:
            assert VARIANTS[other].stage == variant.stage
            assert VARIANTS[other].solver == variant.solver, "the same problems"
        if variant.paced_by is not None:
            assert VARIANTS[variant.paced_by].solver == variant.solver, "as many steps over the same problems"
    assert trained(["own mistakes, labelled"]) == ["reflections", "own mistakes, labelled"]
    assert trained(["control, continued"]) == ["reflections", BASELINE, "control, continued"]
    twice = trained(["control, continued twice"])
    assert twice == ["reflections", BASELINE, "own mistakes", "control, continued", "control, continued twice"]


def test_natural_rates_are_shares_over_all_seeds() -> None:
    counts = {
        "problems": 50, "steps": 180, "wrong steps": 10, "noticed": 4,
        "right steps": 170, "right steps doubted": 17, "unusable": 1,
    }  # fmt: skip
    silent = counts | {"wrong steps": 0, "noticed": 0}
    text = natural_rates([("reflections", {"clock": counts}), ("reflections", {"clock": counts, "units": silent})])
    line = "| reflections | 150 | 2.0 | 13.3 / 40.0 / 10.0 | 20.0 / 40.0 / 10.0 | 0.0 / – / 10.0 |"
    assert line in text


def test_the_share_of_mistakes_that_the_judge_would_not_show_is_of_those_it_judged() -> None:
    assert preferred([(25, 100), (35, 100)]).endswith("%: 30.0 (25.0–35.0)\n")


def test_every_variant_and_curriculum_can_be_read_from_its_file(tmp_path: Path) -> None:
    for variant, changes in ((name, variant.changes) for name, variant in VARIANTS.items()):
        path = tmp_path / f"{file_name(variant)}.json"
        path.write_text(json.dumps({**changes, "families": {**changes.get("families", {}), "sorting": 0.0}}))
        curriculum = read_curriculum(path)
        assert curriculum.families["sorting"] == 0 and curriculum.families["clock"] > 0
        assert curriculum.rates.taken_out == changes.get("rates", {}).get("taken_out", False)
    for path in (Path(__file__).parents[1] / "curricula").glob("*.json"):
        assert read_curriculum(path) != Curriculum()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"rate": {}}', "names rate"),
        ('{"rates": {"mistakes": 1}}', "names mistakes"),
        ('{"families": {"cooking": 1}}', "names cooking"),
        ('{"families": 3}', "where an object belongs"),
        ("[]", "must hold a JSON object"),
        ("{", "is not JSON"),
    ],
)
def test_a_curriculum_that_names_what_does_not_exist_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "curriculum.json"
    path.write_text(text)
    with pytest.raises(ForgeError, match=message):
        read_curriculum(path)
