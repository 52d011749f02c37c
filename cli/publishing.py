"""What the commands that publish events have in common: the topic, its key, and how they end."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, TypeVar

import click

from cli.errors import Refused, Unreachable

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

_TOPIC = click.option(
    "--topic-endpoint",
    "endpoint",
    envvar="TIDEMARK_TOPIC_ENDPOINT",
    show_envvar=True,
    required=True,
    help="Address of the Event Grid topic, as its overview page shows it.",
)
_KEY = click.option(
    "--key-from",
    metavar="NAME",
    help="Environment variable that holds the topic's access key; without it you are who is logged in.",
)


def takes_topic(command: Decorated) -> Decorated:
    """Add `--topic-endpoint` and `--key-from`."""
    return _TOPIC(_KEY(command))


def secret_of(name: str) -> str:
    """Give the value of an environment variable. Raises Refused if it is not set."""
    value = os.environ.get(name)
    if not value:
        raise Refused(f"the environment variable {name} is not set")
    return value


def open_topic(endpoint: str, key_from: str | None) -> Any:
    """Open a topic, which is an `EventGridTopic`. Raises Refused."""
    # Imported here: the SDK is slow to import.
    from shared.adapters.azure.topic import EventGridTopic  # noqa: PLC0415

    if not endpoint.startswith(("http://", "https://")):
        raise Refused("--topic-endpoint must begin with https:// (or http:// on this machine)")
    return EventGridTopic(endpoint, secret_of(key_from) if key_from else None)


@contextmanager
def ending() -> Generator[None]:
    """End the command as it should where the topic or the source refuses."""
    from shared.loading.errors import IngestError, TransientError  # noqa: PLC0415 - as above

    try:
        yield
    except IngestError as error:
        kind = Unreachable if isinstance(error, TransientError) else Refused
        raise kind(f"{error}\n{error.failure.remedy}") from error
