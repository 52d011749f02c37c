"""Writes down who does what: before it is done, and what became of it."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any, cast

from shared.loading.errors import IngestError
from shared.operations.audit import (
    AuditIntent,
    AuditLog,
    AuditOutcome,
    AuditUnavailable,
    Outcome,
    asked_of,
    new_audit_id,
    target_of,
)
from web.access.caller import Caller

_log = logging.getLogger(__name__)


def begin(log: AuditLog, caller: Caller, action: str, path: str, body: bytes) -> AuditIntent:
    """Write down what is about to be done. Raises AuditUnavailable: then it must not be done."""
    now = datetime.now(UTC)
    intent = AuditIntent(
        id=new_audit_id(now, token_hex(6)),
        at=now.isoformat(),
        who=caller.name,
        how=caller.how,
        role=caller.role,
        action=action,
        target=target_of(path),
        asked=asked_of(_object(body)),
    )
    try:
        log.begin(intent)
    except IngestError as error:
        raise AuditUnavailable(f"the audit log cannot be written: {error}") from error
    return intent


def end(
    log: AuditLog, intent: AuditIntent, outcome: Outcome, status: int, answer: Mapping[str, Any]
) -> None:
    """Write down what became of it. It has been done: where this fails, the entry stays without its end."""
    order_id, refresh = answer.get("order_id"), answer.get("number")
    ended = AuditOutcome(
        id=intent.id,
        at=datetime.now(UTC).isoformat(),
        outcome=outcome,
        status=status,
        order_id=order_id if isinstance(order_id, str) else None,
        refresh=refresh if isinstance(refresh, int) else None,
    )
    try:
        log.end(ended)
    except IngestError as error:
        failed = {"audit": intent.id, "error": type(error).__name__}
        _log.error("an audit entry has no outcome", extra=failed)


def _object(body: bytes) -> Mapping[str, Any]:
    """Read what is asked; what is no object is refused later, and nothing of it is kept."""
    try:
        raw: Any = json.loads(body) if body.strip() else {}
    except (ValueError, RecursionError):
        return {}
    return cast("dict[str, Any]", raw) if isinstance(raw, dict) else {}
