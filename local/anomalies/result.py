"""What came of the cases, and its form as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from local.anomalies.case import Case
from local.anomalies.score import Score

Verdict = Literal["passed", "failed", "needs reconciliation", "measured", "not applicable"]
TIDEMARK = "tidemark"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One case on one tool. `refused` are its stops, as type and message; `lacks` what it does not offer.

    `rows` is how many rows a case with many of them wrote. `broken` says why there is no score.
    """

    case: Case
    subject: str
    score: Score | None
    refused: tuple[str, ...]
    lacks: tuple[str, ...]
    notes: tuple[str, ...]
    state_bytes: int | None
    rows: int | None
    seconds: float
    broken: str | None = None

    @property
    def verdict(self) -> Verdict:
        """Say whether the tool did what is expected of Tidemark; the others are only measured."""
        if self.score is None and self.broken is None:
            return "not applicable"
        if self.subject != TIDEMARK:
            return "measured"
        if self.case.reconciles and self.lacks:
            return "needs reconciliation"
        return "failed" if self.faults else "passed"

    @property
    def faults(self) -> tuple[str, ...]:
        """Say what is not as it is expected of Tidemark."""
        score, case = self.score, self.case
        if score is None:
            return (self.broken or "no score",)
        limit = case.state_limit_bytes
        found = {
            f"lost {score.lost}": score.lost > 0,
            f"doubled {score.doubled}": score.doubled > 0,
            f"landed again {score.landed_again}": case.once and score.landed_again > 0,
            f"state of {self.state_bytes} bytes": limit is not None
            and (self.state_bytes or 0) >= limit,
            **{f"stopped: {text}": not self._expected(text) for text in self.refused},
        }
        return tuple(text for text, wrong in found.items() if wrong)

    def _expected(self, refusal: str) -> bool:
        return refusal.split(":", 1)[0] in self.case.stops

    def view(self) -> dict[str, Any]:
        """Give it as JSON."""
        case = self.case
        return {
            "case": case.name,
            "title": case.title,
            "what": case.what,
            "evidence": case.evidence,
            "expected": case.expected,
            "subject": self.subject,
            "verdict": self.verdict,
            "score": asdict(self.score) | {"lost": self.score.lost} if self.score else None,
            "faults": list(self.faults) if self.subject == TIDEMARK else [],
            "refused": list(self.refused),
            "lacks": list(self.lacks),
            "notes": list(self.notes),
            "state_bytes": self.state_bytes,
            "rows": self.rows,
            "seconds": round(self.seconds, 1),
            "broken": self.broken,
        }
