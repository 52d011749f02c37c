"""Idempotency keys: a request that is sent again with the same key orders nothing more."""

from __future__ import annotations

from collections.abc import Callable

from shared.loading.errors import BadOrder
from shared.loading.order import Order
from shared.operations.ledger import Ledger
from shared.operations.records import KeyUse


class KeyReused(BadOrder):
    """Take a new key for every new order; send the old one only with what it was first sent with."""


def order_once(ledger: Ledger, key: str, fingerprint: str, draft: Callable[[], Order]) -> Order:
    """Give the order that the key's first use made; the first use drafts it.

    The order is kept with the key before it is placed: of several first uses at once one is kept,
    and whoever comes after one that died in between places the very same order.

    Raises:
        KeyReused: the key was used with another request.
    """
    use = ledger.key_use(key)
    if use is None:
        use = ledger.reserve(KeyUse(key=key, fingerprint=fingerprint, order=draft()))
    if use.fingerprint != fingerprint:
        raise KeyReused("the idempotency key was used with another request before")
    return use.order
