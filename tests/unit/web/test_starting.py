"""What the host does not say about orchestrations is one typed error: what was ordered is written down."""

import asyncio
import json
from collections.abc import Coroutine
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any

import pytest
from azure.durable_functions import DurableOrchestrationClient

from local.ports import free_port
from shared.runtime import wiring
from web.api.exchange import problem_of
from web.api.starting import HostUnavailable, begin_refresh, life_of, tell_history


@pytest.fixture
def client() -> DurableOrchestrationClient:
    """The SDK's client of a host that is gone."""
    gone = f"http://127.0.0.1:{free_port()}/runtime/rpc/durabletask/"
    binding = {"taskHubName": "hub", "creationUrls": {}, "managementUrls": {}, "baseUrl": gone}
    return DurableOrchestrationClient(
        json.dumps({**binding, "requiredQueryStringParameters": "", "rpcBaseUrl": gone})
    )


def refused(asked: Coroutine[Any, Any, object]) -> HostUnavailable:
    with pytest.raises(HostUnavailable) as found:
        asyncio.run(asked)
    return found.value


def test_a_host_that_is_gone_is_told_as_unavailable(
    client: DurableOrchestrationClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = SimpleNamespace(settings=SimpleNamespace(paused=False))
    monkeypatch.setattr(wiring, "app", lambda: running)
    for asked in (begin_refresh(client), life_of(client, "i"), tell_history(client, "i")):
        problem = problem_of(refused(asked))
        assert problem.status == HTTPStatus.SERVICE_UNAVAILABLE
        assert "GET /api/orders" in (problem.remedy or "")
