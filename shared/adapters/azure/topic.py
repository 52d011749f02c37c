"""An Event Grid topic that takes CloudEvents 1.0, by its access key or the login of this machine."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import AzureError, HttpResponseError
from azure.core.messaging import CloudEvent
from azure.eventgrid import EventGridPublisherClient

from shared.loading.errors import PermanentError, TransientError
from shared.operations.events import TABLE_CHANGED
from shared.operations.outbox import Notice

_PASSING = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)


class TopicUnavailable(TransientError):
    """The topic does not answer. Check its endpoint, and try again."""


class TopicRefused(PermanentError):
    """Correct the endpoint or the key. The topic has to take the CloudEvents schema 1.0."""


class EventGridTopic:
    """Implements `shared.operations.outbox.Topic`. Without a key it logs in as whoever runs it."""

    def __init__(self, endpoint: str, key: str | None) -> None:
        if key is not None:
            credential = AzureKeyCredential(key)
        else:
            # Imported here: not needed where a key is given.
            from azure.identity import DefaultAzureCredential  # noqa: PLC0415

            credential = DefaultAzureCredential()
        self._client = EventGridPublisherClient(endpoint, credential)

    def publish(self, origin: str, notices: Sequence[Notice]) -> None:
        """Publish events that come from `origin`, all or none."""
        events = [
            CloudEvent(
                source=origin, type=TABLE_CHANGED, id=each.id, subject=each.table, time=each.at
            )
            for each in notices
        ]
        try:
            self._client.send(events)
        except HttpResponseError as error:
            status = error.status_code or 0
            said = f"the topic answered {status}: {error.message}"
            if status in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                raise TopicUnavailable(said) from error
            raise TopicRefused(said) from error
        except AzureError as error:
            raise TopicUnavailable(f"the topic does not answer: {error.message}") from error
