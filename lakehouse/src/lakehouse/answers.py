"""Answers of a Spark Connect server, whole or an error.

gRPC's client leaves out a message that it cannot decode, and tells of it in a log alone: where the
server has said already that all went well, an answer then seems to end there. PySpark notices where
no rows are left, and not where some are. (grpc/grpc, issue 34670.)
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast

import grpc
from google.protobuf.message import DecodeError
from pyspark.sql import SparkSession
from pyspark.sql.connect.client import DefaultChannelBuilder
from pyspark.sql.connect.session import SparkSession as ConnectedSession

from lakehouse.errors import AnswerDamaged


def checked_session(address: str) -> SparkSession:
    """Give a session of its own at a server such as `sc://127.0.0.1:15002`, whose answers are checked.

    A statement raises AnswerDamaged where it cannot be said what the server answered.
    """
    # As the builder of other sessions does it: functions are those of Spark Connect from now on.
    os.environ["SPARK_CONNECT_MODE_ENABLED"] = "1"
    builder = ConnectedSession.builder.channelBuilder(_Channels(address))
    return cast("SparkSession", builder.create())


class _Channels(DefaultChannelBuilder):
    def toChannel(self) -> grpc.Channel:  # noqa: N802 - as PySpark calls it
        return cast("grpc.Channel", _Channel(super().toChannel()))


@dataclass(frozen=True, slots=True)
class _Undecoded:
    """Stands for a message. Not what it holds, which may be rows."""

    size: int
    error: DecodeError


class _Channel:
    """In everything but its streams of answers the channel that it is made of."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._channel = channel

    def __getattr__(self, name: str) -> Any:
        return getattr(self._channel, name)

    def unary_stream(
        self, method: str, *, response_deserializer: Callable[[bytes], Any], **options: Any
    ) -> Callable[..., Iterator[Any]]:
        """Give what calls a method that answers with a stream."""
        decode = _decoding(response_deserializer)
        call = self._channel.unary_stream(method, response_deserializer=decode, **options)
        return lambda *args, **kwargs: _whole(call(*args, **kwargs), method)


def _decoding(decode: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    def decoded(message: bytes) -> Any:
        try:
            return decode(message)
        except DecodeError as error:
            return _Undecoded(len(message), error)

    return decoded


def _whole(answer: Iterator[Any], method: str) -> Iterator[Any]:
    for number, message in enumerate(answer):
        if isinstance(message, _Undecoded):
            raise AnswerDamaged(
                f"message {number} of the answer to {method}, of {message.size} bytes"
            ) from message.error
        yield message
