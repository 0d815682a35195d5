"""Does teaching reflections pay? The variants of the study, and its tables from the evaluations of its runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .curriculum import Curriculum

BASELINE = "control, same problems"
"""What first-stage variants are compared with: the same problems, steps and seeds, with the reflections taken out."""


@dataclass(frozen=True)
class Variant:
    """One way of teaching; it changes one thing of those that it is compared with.

    Attributes:
        changes: of the default curriculum, as a curriculum file has them.
        controls: variants that it is compared with: first the one without reflections, then the one that only goes on.
        after: the variant from whose model it goes on; none, and it starts from random weights.
        solver: the variant whose model solves the problems of its data; none, and the generator draws them.
        paced_by: the variant that shows the same problems and whose number of steps it has.
    """

    changes: Mapping[str, Any] = field(default_factory=dict)
    controls: tuple[str, ...] = ()
    after: str | None = None
    solver: str | None = None
    paced_by: str | None = None

    @property
    def stage(self) -> int:
        """How many trainings come before it."""
        return 0 if self.after is None else 1 + VARIANTS[self.after].stage


# The generator's data in the mix of the problems that models solve: one turn, reflection mode, moderate and hard.
_SAME_MIX = {
    "families": {"out of domain": 0.0},
    "difficulties": [0.0, *Curriculum().difficulties[1:]],
    "modes": [1.0, 0.0, 0.0],
    "unusual_opening": 0.0,
    "several_turns": 0.0,
    "cut_short": 0.0,
    "first_line": 0.0,
}
_WITHOUT = {"rates": {"taken_out": True}}
_CONTROL, _CONTINUED = ("control, continued", "control, continued twice"), ("continued", "continued twice")
_OWN = ("own mistakes", "own mistakes, second round")
_FEW = {"mistake": 0.17, "mistake_moderate": 0.1, "second_mistake": 0.1}

VARIANTS: dict[str, Variant] = {
    "reflections": Variant(controls=(BASELINE,)),
    BASELINE: Variant({**_WITHOUT, "same_problems": True}, paced_by="reflections"),
    "control, same tokens": Variant(_WITHOUT, (BASELINE,)),
    "mistakes learned": Variant({"rates": {"learned": True}}, (BASELINE,)),
    "mistakes in one of six": Variant({"rates": _FEW}, (BASELINE,)),
    # Retry data as Physics of Language Models 2.2 has it.
    "mistakes in one of two, learned": Variant(
        {"rates": {"mistake": 0.5, "mistake_moderate": 0.5, "learned": True}}, (BASELINE,)
    ),
    _CONTINUED[0]: Variant(_SAME_MIX, _CONTROL[:1], after="reflections"),
    _OWN[0]: Variant(controls=(_CONTROL[0], _CONTINUED[0]), after="reflections", solver="reflections"),
    "own mistakes, labelled": Variant(
        {"rates": {"labelled": True}},
        controls=(_CONTROL[0], _CONTINUED[0]),
        after="reflections",
        solver="reflections",
        paced_by=_OWN[0],
    ),
    _CONTROL[0]: Variant(_WITHOUT, after=BASELINE, solver="reflections", paced_by=_OWN[0]),
    _CONTINUED[1]: Variant(_SAME_MIX, _CONTROL[1:], after=_CONTINUED[0]),
    _OWN[1]: Variant(controls=(_CONTROL[1], _CONTINUED[1]), after=_OWN[0], solver=_OWN[0]),
    _CONTROL[1]: Variant(_WITHOUT, after=_CONTROL[0], solver=_OWN[0], paced_by=_OWN[1]),
}
"""Each after what it needs."""


def trained(chosen: Iterable[str]) -> list[str]:
    """The chosen variants and those whose models they need, each after what it needs."""
    names = set(chosen)
    for name in reversed(VARIANTS):
        if name in names:
            names |= {VARIANTS[name].after, VARIANTS[name].solver} - {None}  # type: ignore[arg-type]
    return [name for name in VARIANTS if name in names]


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
    runs: Sequence[Run],
    variant: str,
    families: Sequence[str],
    family: str | None = None,
    control: str = BASELINE,
    draws: int = 2000,
) -> tuple[float, float, float]:
    """Points that a variant is above a control on the same problems, with a 95 % interval.

    The interval draws seeds and problems anew, each with all that belongs to it, so that it holds for other problems
    and other seeds; a seed is a pair of runs.
    """
    ours = {run.seed: run for run in runs if run.variant == variant}
    theirs = {run.seed: run for run in runs if run.variant == control}
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
        if VARIANTS[variant].controls:
            lines.append(_line(variant, *(_gain(runs, variant, families, name) for name in names)))
    own = [variant for variant in variants if len(VARIANTS[variant].controls) > 1]
    if own:
        lines += ["", "Points over going on with the generator's mistakes, all families first:", ""]
        lines += _heading("", "all", *names)
        for variant in own:
            gains = [_gain(runs, variant, families, name, which=1) for name in (None, *names)]
            lines.append(_line(variant, *gains))
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


def natural_rates(solved: Sequence[tuple[str, Mapping[str, Mapping[str, int]]]]) -> str:
    """What models did with the problems that they solved, as Markdown.

    Args:
        solved: the variant whose model it was, and the counts by family of its file; seeds of a variant are added up.
    """
    names = list(dict.fromkeys(name for _, counts in solved for name in counts))
    lines = ["", "Solved by themselves, as sampled (problems with a wrong step / of those steps noticed):", ""]
    lines += _heading("", "problems", "unusable replies", 'right steps "corrected"', "all families", *names)
    for variant in dict.fromkeys(name for name, _ in solved):
        counts: dict[str, Counter[str]] = {name: Counter() for name in ("", *names)}
        for _, by_family in (row for row in solved if row[0] == variant):
            for name, of_family in by_family.items():
                counts[name].update(of_family)
                counts[""].update(of_family)
        whole = counts[""]
        unusable = _percent(whole["unusable"], whole["problems"])
        doubted = _percent(whole["right steps doubted"], whole["right steps"])
        lines.append(
            _line(variant, str(whole["problems"]), unusable, doubted, *map(_wrong_and_noticed, counts.values()))
        )
    return "\n".join(lines) + "\n"


def _wrong_and_noticed(counts: Mapping[str, int]) -> str:
    wrong = counts["wrong steps"]
    return f"{_percent(wrong, counts['problems'])} / {_percent(counts['noticed'], wrong)}"


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "–"


def _heading(*columns: str) -> list[str]:
    return [_line(*columns), "|---" * len(columns) + "|"]


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _gain(runs: Sequence[Run], variant: str, families: Sequence[str], family: str | None = None, which: int = 0) -> str:
    """Points over a variant's control, or over the second thing that it is compared with."""
    controls = VARIANTS[variant].controls
    points, low, high = difference(runs, variant, families, family, controls[which]) if controls else (np.nan,) * 3
    return "–" if np.isnan(points) else f"{points:+.1f} [{low:+.1f}, {high:+.1f}]"


def _of_checks(runs: Sequence[Run], family: str) -> str:
    missed = [100 - value for value in _percents(runs, "injection", "0", "detected by family", family)]
    alarms = _percents(runs, "control", "false alarms by family", family)
    return f"{np.mean(missed):.0f} / {np.mean(alarms):.0f}" if missed and alarms else "–"
