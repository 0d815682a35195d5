"""Does teaching reflections pay? The variants of the study, and its tables from the evaluations of its runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

BASELINE = "control, same problems"
"""The matched control: the same problems, steps and seeds, with mistakes and reflections taken out."""


@dataclass(frozen=True)
class Variant:
    """One way of teaching.

    Attributes:
        changes: of the default curriculum, as a curriculum file has them.
        against: variants that it is compared with; it differs from each in one thing.
        after: the variant from whose model it goes on; none, and it starts from random weights.
        solver: the variant whose model solves the problems of its data; none, and the generator draws them.
        paced_by: the variant that shows the same problems and whose number of steps it has.
        selected: in which problems the solver's own mistake is shown: in all, where the solver judges so
            (`forge select`), or in as many drawn by chance.
    """

    changes: Mapping[str, Any] = field(default_factory=dict)
    against: tuple[str, ...] = ()
    after: str | None = None
    solver: str | None = None
    paced_by: str | None = None
    selected: Literal["", "judged", "by chance"] = ""

    @property
    def stage(self) -> int:
        """How many trainings come before it."""
        return 0 if self.after is None else 1 + VARIANTS[self.after].stage


READING: Mapping[str, Any] = {"first_line": 1.0, "several_turns": 0.0, "rates": {"taken_out": True}}
"""What the model sees that all variants start from: messages and the first line of the thinking about them, no step.

A model that cannot read what is asked says nothing about checks of steps, and most of what it learns at first is that.
"""

_WITHOUT = {"rates": {"taken_out": True}}
_MADE_UP = {"rates": {"made_up": True}}

VARIANTS: dict[str, Variant] = {
    "reflections": Variant(against=(BASELINE, "control, same tokens")),
    BASELINE: Variant({**_WITHOUT, "same_problems": True}, paced_by="reflections"),
    "control, same tokens": Variant(_WITHOUT, (BASELINE,)),
    "checks alone": Variant(
        {"rates": {"mistake": 0.0, "mistake_moderate": 0.0}}, ("reflections", "control, same tokens")
    ),
    "mistakes in one of six": Variant(
        {"rates": {"mistake": 0.17, "mistake_moderate": 0.1, "second_mistake": 0.1}}, ("reflections",)
    ),
    # Retry data as Physics of Language Models 2.2 has it; the default rate is about its best one.
    "mistakes learned": Variant({"rates": {"learned": True}}, ("reflections",)),
    # From here on: the problems that the first model solved by itself, in as many steps.
    "own mistakes": Variant(
        against=("made-up mistakes", "control, continued"), after="reflections", solver="reflections"
    ),
    "made-up mistakes": Variant(
        _MADE_UP, ("control, continued",), after="reflections", solver="reflections", paced_by="own mistakes"
    ),
    "own mistakes, labelled": Variant(
        {"rates": {"labelled": True}}, ("own mistakes",), "reflections", "reflections", "own mistakes"
    ),
    "own mistakes, selected": Variant(
        {}, ("own mistakes, as many by chance",), "reflections", "reflections", "own mistakes", "judged"
    ),
    "own mistakes, as many by chance": Variant(
        {}, ("own mistakes",), "reflections", "reflections", "own mistakes", "by chance"
    ),
    "control, continued": Variant(_WITHOUT, after=BASELINE, solver="reflections", paced_by="own mistakes"),
    "reflections late": Variant(
        _MADE_UP, ("control, continued",), after=BASELINE, solver="reflections", paced_by="own mistakes"
    ),
    "own mistakes, second round": Variant(
        against=("made-up mistakes, second round", "control, continued twice"),
        after="own mistakes",
        solver="own mistakes",
    ),
    "made-up mistakes, second round": Variant(
        _MADE_UP, ("control, continued twice",), "made-up mistakes", "own mistakes", "own mistakes, second round"
    ),
    "control, continued twice": Variant(
        _WITHOUT, after="control, continued", solver="own mistakes", paced_by="own mistakes, second round"
    ),
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

    @property
    def right(self) -> np.ndarray:
        """Whether each problem was right, bool [problems]."""
        return np.array(self.figures["right"], bool)

    @property
    def read(self) -> np.ndarray:
        """Whether its first line, which says the problem in a form of its own, was right, bool [problems].

        Puzzles about an order are read in all their lines but the last; there it says whom they name and what is asked.
        """
        return np.array(self.figures["steps"]["read"], bool)


@dataclass(frozen=True)
class Difference:
    """Points that a variant is above another one on the same problems.

    Attributes:
        points: the mean over the seeds.
        half: half the width of the 95 % interval; NaN for one seed.
        by_seed: the points of each seed.
    """

    points: float
    half: float
    by_seed: tuple[float, ...]

    def __str__(self) -> str:
        """`+3.1 ± 1.2 (+2.8 +3.9 +2.6)`; without what a single seed does not give."""
        if not self.by_seed:
            return "–"
        if len(self.by_seed) == 1:
            return f"{self.points:+.1f}"
        return f"{self.points:+.1f} ± {self.half:.1f} ({' '.join(f'{value:+.1f}' for value in self.by_seed)})"


# Student's t, two-sided 95 %, by degrees of freedom from 1: https://www.itl.nist.gov/div898/handbook/eda/section3/eda3672.htm
_STUDENT = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)


def difference(runs: Sequence[Run], variant: str, other: str, counts: Callable[[Run, Run], np.ndarray]) -> Difference:
    """How far a variant is above another one, seed by seed; both runs of a seed are asked the same problems.

    The interval adds up what seeds and problems leave open: Student's t over the seeds, which are few, and the normal
    one over the problems, which all seeds share.

    Args:
        runs: of any variants.
        variant: whose points are counted.
        other: what it is compared with.
        counts: which problems count for a pair of runs, bool [problems].
    """
    ours = {run.seed: run for run in runs if run.variant == variant}
    theirs = {run.seed: run for run in runs if run.variant == other}
    seeds = sorted(ours.keys() & theirs.keys())
    gains = []
    for seed in seeds:
        counted = counts(ours[seed], theirs[seed])
        gain = ours[seed].right.astype(float) - theirs[seed].right
        gains.append(np.where(counted, gain, np.nan))
    by_seed = tuple(100 * float(np.nanmean(gain)) for gain in gains if not np.isnan(gain).all())
    if not by_seed:
        return Difference(float("nan"), float("nan"), ())
    if len(by_seed) == 1:
        return Difference(by_seed[0], float("nan"), by_seed)
    of_seeds = _STUDENT[min(len(by_seed), len(_STUDENT) + 1) - 2] * np.std(by_seed, ddof=1) / np.sqrt(len(by_seed))
    stacked = np.array(gains)
    of_problem = np.nanmean(stacked[:, ~np.isnan(stacked).all(0)], 0)
    of_problems = 196 * np.std(of_problem, ddof=1) / np.sqrt(of_problem.size)
    return Difference(float(np.mean(by_seed)), float(np.hypot(of_seeds, of_problems)), by_seed)


def _counting(flags: np.ndarray) -> Callable[[Run, Run], np.ndarray]:
    return lambda ours, theirs: flags


def _range(values: Sequence[float], digits: int = 1) -> str:
    """`93.1 (92.8–93.5)`: the mean and from lowest to highest."""
    if not values:
        return "–"
    return f"{np.mean(values):.{digits}f} ({min(values):.{digits}f}–{max(values):.{digits}f})"


def _percents(runs: Sequence[Run], *path: str) -> list[float]:
    found = []
    for run in runs:
        value: Any = run.result
        for key in path:
            value = value[int(key)] if key.isdigit() else value.get(key, {}) if isinstance(value, Mapping) else {}
        if value and value["count"]:
            found.append(float(value["percent"]))
    return found


@dataclass(frozen=True)
class Problems:
    """What the tables need of the held-out problems, in their order.

    Attributes:
        families: by name, "out of domain" for what is no problem.
        difficulties: of each.
    """

    families: Sequence[str]
    difficulties: Sequence[str]

    @property
    def names(self) -> list[str]:
        """The families that are asked."""
        return [name for name in dict.fromkeys(self.families) if name != "out of domain"]

    @property
    def known(self) -> np.ndarray:
        """Which of them are problems, bool [problems]."""
        return np.array([name != "out of domain" for name in self.families])

    def of(self, family: str) -> np.ndarray:
        """Which of them are of a family, bool [problems]."""
        return np.array([name == family for name in self.families])

    def at(self, difficulty: str) -> np.ndarray:
        """Which problems have a difficulty, bool [problems]."""
        return self.known & np.array([one == difficulty for one in self.difficulties])


def tables(runs: Sequence[Run], problems: Problems) -> str:
    """The tables of the study as Markdown; cells over seeds are mean (lowest–highest)."""
    variants = [variant for variant in VARIANTS if any(run.variant == variant for run in runs)]
    of = {variant: [run for run in runs if run.variant == variant] for variant in variants}
    parts = [
        _what_came_of_it(of),
        _compared(runs, of, problems),
        _steps(of),
        _forced(of, problems),
    ]
    return "\n\n".join(parts) + "\n"


def _what_came_of_it(of: Mapping[str, list[Run]]) -> str:
    lines = _heading(
        "", "seeds", "steps", "million tokens", "right, %", "unseen wording, %", "well-formed, %", "tokens an answer"
    )
    for variant, runs in of.items():
        cells = (
            str(len(runs)),
            f"{np.mean([run.steps for run in runs]):.0f}",
            f"{np.mean([run.tokens for run in runs]) / 1e6:.1f}",
            _range([run.figures["exact match"]["percent"] for run in runs]),
            _range([run.figures["unseen wording"]["percent"] for run in runs]),
            _range([run.figures["well-formed"]["percent"] for run in runs]),
            _range([run.figures["tokens per answer"] for run in runs]),
        )
        lines.append(_line(variant, *cells))
    return "\n".join(lines)


def _compared(runs: Sequence[Run], of: Mapping[str, list[Run]], problems: Problems) -> str:
    """Points over what each variant is compared with: all problems, those that both read right, and parts of them."""
    lines = ["Points over another variant on the same problems, ± 95 % (each seed):", ""]
    lines += _heading("", "over", "all problems", "where both read right", "easy", "moderate", "hard", *problems.names)
    known = problems.known
    for variant in of:
        for other in VARIANTS[variant].against:
            cells = [
                difference(runs, variant, other, _counting(known)),
                difference(runs, variant, other, lambda ours, theirs: known & ours.read & theirs.read),
            ]
            parts = [problems.at(level) for level in ("easy", "moderate", "hard")]
            parts += [problems.of(name) for name in problems.names]
            short = [difference(runs, variant, other, _counting(part)) for part in parts]
            if cells[0].by_seed:
                lines.append(_line(variant, other, *map(str, cells), *(_short(one) for one in short)))
    return "\n".join(lines)


def _short(one: Difference) -> str:
    return str(one).partition(" (")[0]


def _steps(of: Mapping[str, list[Run]]) -> str:
    names = (
        "read right", "right where read right", "with a wrong step", "wrong steps noticed", "wrong steps mended",
        "with a doubted step", "doubted steps spoiled",
    )  # fmt: skip
    lines = ["What became of the steps, % (of those read right; of the wrong ones; of the doubted ones):", ""]
    lines += _heading("", *names)
    for variant, runs in of.items():
        lines.append(_line(variant, *(_range(_percents(runs, "settings", "0", "steps", name)) for name in names)))
    return "\n".join(lines)


def _forced(of: Mapping[str, list[Run]], problems: Problems) -> str:
    lines = [
        "Forced steps, %: false accepts are wrong steps (of kinds that deliberate mistakes never have) that a",
        'reflection right after them does not name, false rejects are right steps that one "corrects".',
        "",
        *_heading("", "false accepts", "false rejects", "right after a wrong step", "right after a right step"),
    ]
    for variant, runs in of.items():
        accepts = [100 - value for value in _percents(runs, "injection", "0", "detected")]
        others = (
            _percents(runs, "control", "false alarms"),
            _percents(runs, "injection", "0", "final answer right"),
            _percents(runs, "control", "final answer right"),
        )
        lines.append(_line(variant, _range(accepts), *map(_range, others)))
    lines += ["", *_heading("false accepts / false rejects, %", *problems.names)]
    for variant, runs in of.items():
        lines.append(_line(variant, *(_of_checks(runs, name) for name in problems.names)))
    return "\n".join(lines)


def _of_checks(runs: Sequence[Run], family: str) -> str:
    missed = [100 - value for value in _percents(runs, "injection", "0", "detected by family", family)]
    alarms = _percents(runs, "control", "false alarms by family", family)
    return f"{_range(missed, 0)} / {_range(alarms, 0)}" if missed and alarms else "–"


def preferred(counts: Sequence[tuple[int, int]]) -> str:
    """In how many of its own mistakes the judge chose the solution without it: chosen and judged, a pair a seed."""
    shares = [100 * chosen / judged for chosen, judged in counts if judged]
    return f"\nOwn mistakes that the judge would rather not show, %: {_range(shares)}\n"


def natural_rates(solved: Sequence[tuple[str, Mapping[str, Mapping[str, int]]]]) -> str:
    """What models did with the problems that they solved, as Markdown.

    Args:
        solved: the variant whose model it was, and the counts by family of its file; seeds of a variant are added up.
    """
    names = list(dict.fromkeys(name for _, counts in solved for name in counts))
    lines = ["", "Solved by themselves, as sampled (problems with a wrong step / of those steps noticed / right steps"]
    lines += ['"corrected"), %:', "", *_heading("", "problems", "unusable replies", "all families", *names)]
    for variant in dict.fromkeys(name for name, _ in solved):
        counts: dict[str, Counter[str]] = {name: Counter() for name in ("", *names)}
        for _, by_family in (row for row in solved if row[0] == variant):
            for name, of_family in by_family.items():
                counts[name].update(of_family)
                counts[""].update(of_family)
        whole = counts[""]
        unusable = _percent(whole["unusable"], whole["problems"])
        lines.append(_line(variant, str(whole["problems"]), unusable, *map(_natural, counts.values())))
    return "\n".join(lines) + "\n"


def _natural(counts: Mapping[str, int]) -> str:
    wrong = counts["wrong steps"]
    shares = (
        (wrong, counts["problems"]),
        (counts["noticed"], wrong),
        (counts["right steps doubted"], counts["right steps"]),
    )
    return " / ".join(_percent(*share) for share in shares)


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}" if whole else "–"


def _heading(*columns: str) -> list[str]:
    return [_line(*columns), "|---" * len(columns) + "|"]


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
