"""Signs for states: a shape and a word each, so that nothing is said by colour alone."""

from __future__ import annotations

from web.page import markup as h
from web.page.markup import Html
from web.page.standing import NAMES, Standing

# Drawn in a box of 16 by 16.
_SHAPES = {
    "tick": "M3 8.5 6.5 12 13 4.5",
    "cross": "M4 4l8 8M12 4l-8 8",
    "clock": "M8 2a6 6 0 1 0 .01 0M8 4.8V8l2.4 1.6",
    "bars": "M5.5 3.5v9M10.5 3.5v9",
    "turn": "M13 8a5 5 0 1 1-1.6-3.7M13 2.2v3h-3",
    "dots": "M3.5 8h.01M8 8h.01M12.5 8h.01",
    "ring": "M8 3a5 5 0 1 0 .01 0",
    "box": "M3 5.5h10v7.5H3zM3 5.5 5 3h6l2 2.5M6.5 8.2h3",
    "slash": "M8 2.5a5.5 5.5 0 1 0 .01 0M4.2 4.2l7.6 7.6",
}
_STANDINGS: dict[Standing, tuple[str, str]] = {
    "failed": ("bad", "cross"),
    "quarantined": ("warn", "box"),
    "late": ("warn", "clock"),
    "held": ("warn", "bars"),
    "cancelled": ("quiet", "slash"),
    "loading": ("busy", "turn"),
    "waiting": ("busy", "dots"),
    "never": ("quiet", "ring"),
    "fresh": ("good", "tick"),
}
_STATES = {
    "queued": ("busy", "dots", "Queued"),
    "running": ("busy", "turn", "Running"),
    "committing": ("busy", "turn", "Committing"),
    "succeeded": ("good", "tick", "Succeeded"),
    "failed": ("bad", "cross", "Failed"),
    "cancelled": ("quiet", "slash", "Cancelled"),
    "open": ("bad", "cross", "Open"),
    "resolved": ("good", "tick", "Resolved"),
    "dead": ("bad", "cross", "Dead"),
    "replaying": ("busy", "turn", "Replaying"),
    "replayed": ("good", "tick", "Replayed"),
    "quarantined": ("warn", "box", "Quarantined"),
    "nothing_new": ("good", "tick", "Nothing new"),
    "loaded": ("good", "tick", "Loaded"),
}


def standing_badge(standing: Standing, label: str | None = None) -> Html:
    """Show how a table stands."""
    tone, shape = _STANDINGS[standing]
    return _badge(tone, shape, label or NAMES[standing])


def state_badge(state: str, outcome: str | None = None) -> Html:
    """Show the state of a run, an order, a refresh or a letter; of what succeeded the outcome, if there is one."""
    key = outcome if state == "succeeded" and outcome in _STATES else state
    tone, shape, name = _STATES.get(key or state, ("quiet", "ring", state))
    return _badge(tone, shape, name)


def tone_of(standing: Standing) -> str:
    """Give the tone in which a standing is drawn."""
    return _STANDINGS[standing][0]


def _badge(tone: str, shape: str, name: str) -> Html:
    return h.span(sign(shape), name, class_=f"badge {tone}")


def sign(shape: str) -> Html:
    """Draw a sign that a word beside it explains."""
    return h.svg(
        h.path(d=_SHAPES[shape]),
        viewBox="0 0 16 16",
        width=14,
        height=14,
        aria_hidden="true",
        class_="sign",
    )
