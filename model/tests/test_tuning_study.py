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
    Run,
    difference,
    file_name,
    natural_rates,
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
    ours, control = (draw_examples(tokenizer, curriculum, "a", 60_000) for curriculum in (WITH, WITHOUT))
    assert len(ours.prefixes) == len(control.prefixes)
    assert len(control.tokens) < 0.95 * len(ours.tokens)
    spent = draw_examples(tokenizer, replace(WITHOUT, same_problems=False), "a", 60_000)
    assert len(spent.prefixes) > len(ours.prefixes)
    assert len(spent.tokens) >= 60_000


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


def _run(variant: str, seed: int, right: list[bool], injected: bool = True) -> Run:
    share = {"percent": 100 * float(np.mean(right)), "low": 0.0, "high": 100.0, "count": len(right)}
    setting = {
        "right": right, "exact match": share, "unseen wording": share, "tokens per answer": 80.0, "well-formed": share,
    }  # fmt: skip
    result: dict = {"settings": [setting], "injection": []}
    if injected:
        by_family = {"sorting": share, "clock": share}
        result["injection"] = [{"detected": share, "final answer right": share, "detected by family": by_family}]
        result["control"] = {"false alarms": share, "false alarms by family": by_family}
    return Run(variant, seed, 100, 2_000_000, result)


FAMILIES = ["sorting"] * 40 + ["clock"] * 40 + ["out of domain"] * 5


def test_a_difference_is_in_points_with_an_interval_around_it() -> None:
    always, half = [True] * 85, [number % 2 == 0 for number in range(85)]
    runs = [_run("reflections", seed, always) for seed in (1, 2, 3)] + [
        _run(BASELINE, seed, half) for seed in (1, 2, 3)
    ]
    points, low, high = difference(runs, "reflections", FAMILIES)
    assert points == 50
    assert 35 < low < 50 < high < 65
    assert difference(runs, "reflections", FAMILIES, "clock")[0] == 50
    assert difference(runs, BASELINE, FAMILIES) == (0, 0, 0)
    assert np.isnan(difference(runs[:3], "reflections", FAMILIES)[0])


def test_the_tables_hold_every_variant_that_ran() -> None:
    runs = [_run("reflections", 1, [True] * 85), _run(BASELINE, 1, [False] * 85, injected=False)]
    text = tables(runs, FAMILIES)
    assert "| reflections | 1 | 100 | 2.0 | 100.0 (100.0–100.0) |" in text
    assert "+100.0 [+100.0, +100.0]" in text
    assert f"| {BASELINE} | – | – | – |" in text
    assert "mistakes learned" not in text


def test_variants_have_file_names_of_their_own() -> None:
    assert len({file_name(variant) for variant in VARIANTS}) == len(VARIANTS)
    assert file_name(BASELINE) == "control-same-problems"


def test_what_a_variant_needs_comes_before_it() -> None:
    names = list(VARIANTS)
    for name, variant in VARIANTS.items():
        needs = {variant.after, variant.solver, variant.paced_by} - {None}
        assert all(names.index(need) < names.index(name) for need in needs)
        assert set(variant.controls) <= set(names)
        assert variant.controls == () or not VARIANTS[variant.controls[0]].controls, "the first is a control itself"
        for control in variant.controls:
            assert VARIANTS[control].stage == variant.stage
        if variant.paced_by is not None:
            assert VARIANTS[variant.paced_by].solver == variant.solver, "as many steps over the same problems"
    assert trained(["own mistakes, labelled"]) == ["reflections", "own mistakes, labelled"]
    assert trained(["control, continued"]) == ["reflections", BASELINE, "control, continued"]
    twice = trained(["control, continued twice"])
    assert twice == ["reflections", BASELINE, "own mistakes", "control, continued", "control, continued twice"]


def test_second_stage_variants_are_compared_with_both_that_went_on() -> None:
    right = {"reflections": 8, BASELINE: 8, "continued": 4, "control, continued": 2, "own mistakes": 1}
    runs = [_run(name, 1, [number % every == 0 for number in range(85)]) for name, every in right.items()]
    main_table, by_control, by_continued = tables(runs, FAMILIES).split("\n\n|")[:3]
    assert re.search(r"\| own mistakes \| 1 \|.* \+50\.0 \[", main_table)
    assert re.search(r"\| continued \| 1 \|.* -25\.0 \[", main_table)
    assert re.search(r"\| reflections \| 1 \|.* \+0\.0 \[", main_table)
    assert "| own mistakes | +50.0" in by_control and "| control, continued |" not in by_control
    assert "| own mistakes | +75.0" in by_continued and "| continued |" not in by_continued


def test_natural_rates_are_shares_over_all_seeds() -> None:
    counts = {
        "problems": 50, "steps": 180, "wrong steps": 10, "noticed": 4,
        "right steps": 170, "right steps doubted": 17, "unusable": 1,
    }  # fmt: skip
    silent = counts | {"wrong steps": 0, "noticed": 0}
    text = natural_rates([("reflections", {"clock": counts}), ("reflections", {"clock": counts, "units": silent})])
    line = "| reflections | 150 | 2.0 % | 10.0 % | 13.3 % / 40.0 % | 20.0 % / 40.0 % | 0.0 % / – |"
    assert line in text


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
