"""Posts bytes to an address that an operator has set, and says what became of it."""

from __future__ import annotations

import os
from collections.abc import Mapping

from shared.adapters.http.reach import SETTING, AddressForbidden, ReachUnreadable, reach_of
from shared.alerting.alert import AlertRefused, AlertUndelivered

TIMEOUT_SECONDS = 10
# Too early, too many requests, or too slow: these may go through later.
_PASSING = (408, 425, 429)


def post(
    channel: str, url: str, body: bytes, headers: Mapping[str, str], *, timeout: float
) -> None:
    """Post once. A redirect is never followed: it could lead to where the address may not.

    Nothing is read of the answer but its status.

    Raises:
        AlertRefused: the receiver does not want it.
        AlertUndelivered: it may go through later. The message never repeats the address.
    """
    # Imported here: an alert is rare, and the client is slow to import.
    import httpx  # noqa: PLC0415

    from shared.adapters.http.connecting import guarded_client  # noqa: PLC0415

    try:
        with (
            guarded_client(url, reach_of(os.environ), timeout) as client,
            client.stream("POST", url, content=body, headers=headers) as answer,
        ):
            status = answer.status_code
    except (AddressForbidden, ReachUnreadable) as error:
        # The message names the host, which may be all that is secret.
        raise AlertRefused(f"{channel}: {type(error).__name__}, see {SETTING}") from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        # The message of the client's error may repeat the address.
        raise AlertUndelivered(f"{channel}: {type(error).__name__}") from None
    if httpx.codes.is_client_error(status) and status not in _PASSING:
        raise AlertRefused(f"{channel} answered {status}")
    if not httpx.codes.is_success(status):  # a redirect has delivered nothing either
        raise AlertUndelivered(f"{channel} answered {status}")
