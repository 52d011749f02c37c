"""The operation of the audit log, and the schemas of what it answers."""

from __future__ import annotations

from typing import get_args

from web.access.caller import ROLES, How
from web.api.openapi_operation import PAGES, Operation
from web.api.openapi_shapes import MOMENT, TEXT, Schema, answered, many, or_null, ref

AUDIT: tuple[Operation, ...] = (
    Operation(
        name="get_audit",
        method="get",
        path="/api/audit",
        tag="App",
        summary="List who did what, newest first",
        about="Every request that changes something is written down before it is carried out.",
        answers={200: "Audit"},
        problems=(400,),
        parameters=PAGES,
    ),
)
_ABOUT = (
    "Somebody did something. `asked` is what is kept of the body: names and positions, no keys of "
    "rows. `outcome` is `begun` until there is one, and stays so if the app died in between."
)


def audit_answers() -> dict[str, Schema]:
    """Give the schemas of the audit log, by name."""
    entry = answered(
        _ABOUT,
        id=TEXT,
        at=MOMENT,
        who={
            **TEXT,
            "description": "A person's address, an application's id, or a key by its hash.",
        },
        how={"enum": list(get_args(How))},
        role={"enum": list(ROLES)},
        action={**TEXT, "description": "The operation, by its id here."},
        target={**TEXT, "description": "The path of the request."},
        asked={"type": "object"},
        outcome={"enum": ["begun", "done", "refused", "failed"]},
        status=or_null({"type": "integer"}),
        ended_at=or_null(MOMENT),
        order_id=or_null(TEXT),
        refresh=or_null({"type": "integer"}),
    )
    next_page = or_null({**TEXT, "description": "Address of the next page, null on the last one."})
    listed = answered("Entries, newest first.", entries=many(ref("AuditEntry")), next=next_page)
    return {"AuditEntry": entry, "Audit": listed}
