"""How one case on one tool is written in a cell of a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def write_cell(outcome: Mapping[str, Any]) -> str:
    """Write `lost / doubled / read again`, and by which errors the tool stopped on the way."""
    score = outcome["score"]
    if score is None:
        return "broken" if outcome["broken"] else "not applicable"
    text = f"{score['lost']} / {score['doubled']} / {score['landed_again']}"
    if kinds := dict.fromkeys(refusal.split(":", 1)[0] for refusal in outcome["refused"]):
        text += f", refused ({', '.join(kinds)})"
    if outcome["verdict"] == "needs reconciliation":
        text += ", needs reconciliation"
    return text
