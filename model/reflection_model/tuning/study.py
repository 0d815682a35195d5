"""Does teaching reflections pay? The variants of the study, and its tables from the evaluations of its runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

BASELINE = "control, same problems"
"""What every variant is compared with: the same problems, steps and seeds, with the reflections taken out."""

VARIANTS: dict[str, dict[str, Any]] = {
    "reflections": {},
    BASELINE: {"rates": {"taken_out": True}, "same_problems": True},
    "control, same tokens": {"rates": {"taken_out": True}},
    "mistakes learned": {"rates": {"learned": True}},
    "mistakes in one of six": {"rates": {"mistake": 0.17, "mistake_moderate": 0.1, "second_mistake": 0.1}},
    "mistakes in one of two, learned": {"rates": {"mistake": 0.5, "mistake_moderate": 0.5, "learned": True}},
}
"""Each changes one thing of the default curriculum; the last is retry data as Physics of Language Models 2.2 has it."""


def file_name(variant: str) -> str:
    """`control-same-problems`."""
    return variant.replace(",", "").replace(" ", "-")


@dataclass(frozen=True)
class Run:
    """One model of the study.

    Attributes:
        variant: its name in `VARIANTS`.
        seed: of data, weights and order.
        steps: optimizer steps.
        tokens: it was trained on.
        result: what `forge evaluate` wrote, with one setting.
    """

    variant: str
    seed: int
    steps: int
    tokens: int
    result: Mapping[str, Any]

    @property
    def figures(self) -> Mapping[str, Any]:
        """The setting with reflections allowed."""
        return self.result["settings"][0]

    def right(self, families: Sequence[str], family: str | None = None) -> np.ndarray:
        """Whether each problem was right, bool [problems]; `families` names the family of each."""
        flags = np.array(self.figures["right"], bool)
        known = np.array([name != "out of domain" if family is None else name == family for name in families])
        return flags[known]


def difference(
    runs: Sequence[Run], variant: str, families: Sequence[str], family: str | None = None, draws: int = 2000
) -> tuple[float, float, float]:
    """Points that a variant is above the baseline on the same problems, with a 95 % interval.

    The interval draws seeds and problems anew, each with all that belongs to it, so that it holds for other problems
    and other seeds; a seed is a pair of runs.
    """
    ours = {run.seed: run for run in runs if run.variant == variant}
    theirs = {run.seed: run for run in runs if run.variant == BASELINE}
    seeds = sorted(ours.keys() & theirs.keys())
    if not seeds:
        return (float("nan"),) * 3
    gains = np.array(
        [ours[s].right(families, family).astype(float) - theirs[s].right(families, family) for s in seeds]
    )  # fmt: skip
    random = np.random.default_rng(1)
    count = gains.shape[1]
    means = [
        gains[random.integers(0, len(seeds), len(seeds))][:, random.integers(0, count, count)].mean()
        for _ in range(draws)
    ]
    low, high = np.percentile(means, [2.5, 97.5])
    return 100 * float(gains.mean()), 100 * float(low), 100 * float(high)


def _range(values: Sequence[float]) -> str:
    """`93.1 (92.8–93.5)`: the mean and from lowest to highest."""
    return f"{np.mean(values):.1f} ({min(values):.1f}–{max(values):.1f})" if values else "–"


def _percents(runs: Sequence[Run], *path: str) -> list[float]:
    found = []
    for run in runs:
        value: Any = run.result
        for key in path:
            value = value[int(key)] if key.isdigit() else value.get(key, {}) if isinstance(value, Mapping) else {}
        if value:
            found.append(float(value["percent"]))
    return found


def tables(runs: Sequence[Run], families: Sequence[str]) -> str:
    """The tables of the study as Markdown; each cell over seeds as mean (lowest–highest)."""
    variants = [variant for variant in VARIANTS if any(run.variant == variant for run in runs)]
    names = list(dict.fromkeys(name for name in families if name != "out of domain"))
    columns = (
        "",
        "seeds",
        "steps",
        "million tokens",
        "right",
        "unseen wording",
        "over the control",
        "tokens an answer",
    )
    lines = _heading(*columns, "well-formed")
    for variant in variants:
        chosen = [run for run in runs if run.variant == variant]
        cells = (
            str(len(chosen)),
            f"{np.mean([run.steps for run in chosen]):.0f}",
            f"{np.mean([run.tokens for run in chosen]) / 1e6:.1f}",
            _range([run.figures["exact match"]["percent"] for run in chosen]),
            _range([run.figures["unseen wording"]["percent"] for run in chosen]),
            _gain(runs, variant, families),
            _range([run.figures["tokens per answer"] for run in chosen]),
            _range([run.figures["well-formed"]["percent"] for run in chosen]),
        )
        lines.append(_line(variant, *cells))
    lines += ["", "Points over the control, by family:", "", *_heading("", *names)]
    for variant in variants:
        if variant != BASELINE:
            lines.append(_line(variant, *(_gain(runs, variant, families, name) for name in names)))
    lines += [
        "",
        "Checks: false accepts are wrong steps (of unseen kinds) that no reflection names, false rejects are right",
        'steps that one "corrects".',
        "",
        *_heading("", "false accepts", "false rejects", "right after a wrong step"),
    ]
    checking = {
        variant: [run for run in runs if run.variant == variant and run.result.get("injection")] for variant in variants
    }
    for variant, chosen in checking.items():
        accepts = [100 - value for value in _percents(chosen, "injection", "0", "detected")]
        rejects = _percents(chosen, "control", "false alarms")
        right = _percents(chosen, "injection", "0", "final answer right")
        lines.append(_line(variant, _range(accepts), _range(rejects), _range(right)))
    lines += ["", *_heading("false accepts / false rejects", *names)]
    for variant, chosen in checking.items():
        lines.append(_line(variant, *(_of_checks(chosen, name) for name in names)))
    return "\n".join(lines) + "\n"


def _heading(*columns: str) -> list[str]:
    return [_line(*columns), "|---" * len(columns) + "|"]


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _gain(runs: Sequence[Run], variant: str, families: Sequence[str], family: str | None = None) -> str:
    points, low, high = difference(runs, variant, families, family)
    return "–" if variant == BASELINE or np.isnan(points) else f"{points:+.1f} [{low:+.1f}, {high:+.1f}]"


def _of_checks(runs: Sequence[Run], family: str) -> str:
    missed = [100 - value for value in _percents(runs, "injection", "0", "detected by family", family)]
    alarms = _percents(runs, "control", "false alarms by family", family)
    return f"{np.mean(missed):.0f} / {np.mean(alarms):.0f}" if missed and alarms else "–"
