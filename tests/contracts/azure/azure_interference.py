"""A proxy on loopback that forwards requests, remembers them, and interferes where it is told to."""

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from urllib.parse import unquote_plus

from e2e_forwarding import Forwarding, proxying


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as it came; `target` is path and query, readable."""

    method: str
    target: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An answer of the proxy's own, instead of the server's."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


Concerns = Callable[[Request], bool]


class Interference:
    """What the proxy has seen and what it is to do. Each order counts for one request only."""

    def __init__(self) -> None:
        self.seen: list[Request] = []
        self.url = ""
        self._lost: list[Concerns] = []
        self._cut: list[Concerns] = []
        self._refused: list[tuple[Concerns, Refusal]] = []
        self._lock = Lock()

    def lose_answer(self, concerns: Concerns) -> None:
        """Carry the next such request out, but break the connection instead of answering."""
        self._lost.append(concerns)

    def cut_answer(self, concerns: Concerns) -> None:
        """Carry the next such request out, and reset the connection when half of the answer is sent."""
        self._cut.append(concerns)

    def refuse(self, concerns: Concerns, refusal: Refusal, *, times: int = 1) -> None:
        """Answer the next such requests without carrying them out."""
        self._refused += [(concerns, refusal)] * times

    def forget(self) -> None:
        """Take back what has not been done yet."""
        self._lost.clear()
        self._cut.clear()
        self._refused.clear()

    @property
    def is_pending(self) -> bool:
        """Whether an order has not met its request yet."""
        return bool(self._lost or self._cut or self._refused)

    def refusal(self, request: Request) -> Refusal | None:
        with self._lock:
            self.seen.append(request)
            for order in self._refused:
                if order[0](request):
                    self._refused.remove(order)
                    return order[1]
        return None

    def loses(self, request: Request) -> bool:
        return self._take(self._lost, request)

    def cuts(self, request: Request) -> bool:
        return self._take(self._cut, request)

    def _take(self, orders: list[Concerns], request: Request) -> bool:
        with self._lock:
            for order in orders:
                if order(request):
                    orders.remove(order)
                    return True
        return False


class _Interfered(Forwarding):
    control: Interference

    def forward(self) -> None:
        body = self.read_body()
        request = Request(
            method=self.command,
            target=unquote_plus(self.path),
            headers={name.lower(): value for name, value in self.headers.items()},
        )
        refusal = self.control.refusal(request)
        if refusal is not None:
            self.give(refusal.status, refusal.headers, b"")
            return
        answer = self.carry_out(body)
        if self.control.loses(request):
            self.close_connection = True
        elif self.control.cuts(request):
            self.give_half(*answer)
        else:
            self.give(*answer)


@contextmanager
def interfering(upstream: str) -> Generator[Interference]:
    """Run a proxy before the server at an account's URL."""
    control = Interference()
    with proxying(upstream, _Interfered, control) as control.url:
        yield control
