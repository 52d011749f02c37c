"""Records in memory, in an order that follows from their content."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Record = dict[str, Any]


def _by_id(record: Record) -> Any:
    return record["id"]


@dataclass(slots=True, kw_only=True)
class Collection:
    """Records by `id`. `order` says where each stands; `stamp` is the field that `since` filters by."""

    order: Callable[[Record], Any] = _by_id
    stamp: str = "updated_at"
    records: dict[Any, Record] = field(default_factory=dict[Any, Record])
    _sorted: list[Record] | None = None

    def put(self, *records: Record) -> None:
        """Add records, or change those that are there."""
        self.records |= {record["id"]: record for record in records}
        self._sorted = None

    def delete(self, *keys: Any) -> None:
        """Take records away, if they are there."""
        for key in keys:
            self.records.pop(key, None)
        self._sorted = None

    def list(self, query: dict[str, str]) -> list[Record]:
        """Give the records in order, as `since`, `until` and `sort` want them."""
        if self._sorted is None:
            self._sorted = sorted(self.records.values(), key=self.order)
        found = self._sorted
        if "since" in query:
            found = [r for r in found if (r.get(self.stamp) or "") > query["since"]]
        if "until" in query:
            found = [r for r in found if (r.get(self.stamp) or "~") < query["until"]]
        if query.get("sort", "").startswith("-"):
            name = query["sort"][1:]
            found = sorted((r for r in found if r.get(name) is not None), key=lambda r: r[name])[
                ::-1
            ]
        return found
