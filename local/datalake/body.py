"""A request's body on its way from the socket, in pieces that fit into one reused buffer."""

from collections.abc import Iterator
from io import BufferedIOBase

_BUFFER_BYTES = 256 * 1024


class BodyCutOff(ConnectionError):
    """The client went away in the middle of a body; there is nobody left to answer."""

    def __init__(self, missing: int) -> None:
        super().__init__(f"The connection ended {missing} bytes before the end of the body.")


class Body:
    """The body of one request, read at most once.

    Args:
        stream: where it comes from.
        length: bytes it has.
    """

    def __init__(self, stream: BufferedIOBase, length: int) -> None:
        self.length = length
        self._stream = stream
        self._missing = length

    def chunks(self) -> Iterator[memoryview]:
        """Yield what is left of the body; a piece is valid only until the next one is asked for.

        Raises:
            BodyCutOff: the client went away.
        """
        if not self._missing:
            return
        buffer = memoryview(bytearray(min(_BUFFER_BYTES, self._missing)))
        while self._missing:
            count = self._stream.readinto1(buffer[: self._missing])
            if not count:
                raise BodyCutOff(self._missing)
            self._missing -= count
            yield buffer[:count]

    def drain(self) -> None:
        """Read what is left, so that the next request on the connection is found."""
        for _ in self.chunks():
            pass
