"""One unsound choice that an import met, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`fault` is its number in the explanation of faults, such as `F4`; empty for a mere remark.

    `where` names tables or activities; `found` says what is there, `done` what was made of it.
    """

    fault: str
    where: tuple[str, ...]
    found: str
    done: str
