"""The cases that run here, by the numbers of the catalogue."""

from local.anomalies.case import Case
from local.anomalies.cases import changed, clocks, late, moved, runs, ties

CASES: tuple[Case, ...] = tuple(
    sorted(
        (*late.CASES, *ties.CASES, *clocks.CASES, *changed.CASES, *moved.CASES, *runs.CASES),
        key=lambda case: (case.number, case.variant),
    )
)
