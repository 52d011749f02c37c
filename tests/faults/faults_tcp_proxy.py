"""A proxy before a server's port that breaks connections: at once, in the middle, or all that there are."""

import socket
import struct
from collections.abc import Generator
from contextlib import contextmanager, suppress
from threading import Lock, Thread

_PIECE = 64 * 1024


class Line:
    """Where the proxy listens and what it does.

    `to_cut` says of the next connections, one each, after how many bytes from the server they are
    reset; `cut` counts those that were.
    """

    def __init__(self, server: tuple[str, int]) -> None:
        self.server = server
        self.port = 0
        self.refuses = False
        self.to_cut: list[int] = []
        self.cut = 0
        self._open: set[socket.socket] = set()
        self._lock = Lock()

    def cut_all(self) -> None:
        """Reset every connection that there is."""
        with self._lock:
            found, self._open = self._open, set()
        for each in found:
            _reset(each)

    def serve(self, client: socket.socket) -> None:
        """Carry one connection to its end, in a thread of its own."""
        if self.refuses:
            _reset(client)
            return
        try:
            server = socket.create_connection(self.server)
        except OSError:
            _reset(client)
            return
        with self._lock:
            self._open |= {client, server}
        Thread(target=self._carry, args=(client, server, None), daemon=True).start()
        with self._lock:
            limit = self.to_cut.pop(0) if self.to_cut else None
        self._carry(server, client, limit)

    def _carry(self, source: socket.socket, target: socket.socket, limit: int | None) -> None:
        carried = 0
        with suppress(OSError):
            while piece := source.recv(_PIECE):
                carried += len(piece)
                if limit is not None and carried > limit:
                    self.cut += 1
                    break
                target.sendall(piece)
        for each in (source, target):
            _reset(each)
        with self._lock:
            self._open -= {source, target}


def _reset(each: socket.socket) -> None:
    with suppress(OSError):
        each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        each.shutdown(socket.SHUT_RDWR)
    each.close()


@contextmanager
def line_to(port: int) -> Generator[Line]:
    """Run a proxy before a port of the loopback."""
    line = Line(("127.0.0.1", port))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        line.port = listener.getsockname()[1]

        def accept() -> None:
            with suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    Thread(target=line.serve, args=(client,), daemon=True).start()

        accepting = Thread(target=accept, daemon=True)
        accepting.start()
        try:
            yield line
        finally:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            accepting.join()
            line.cut_all()
