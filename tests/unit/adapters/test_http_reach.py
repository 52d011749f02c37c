"""Requests go into the internet; to the platform never, and to a private network only where that is written."""

import ipaddress
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.http.connecting import GuardedTransport
from shared.adapters.http.reach import SETTING, AddressForbidden, Reach, ReachUnreadable, reach_of

PLATFORM = [
    "169.254.169.254",
    "169.254.0.1",
    "168.63.129.16",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "::ffff:169.254.169.254",
    "::ffff:168.63.129.16",
    "64:ff9b::a9fe:a9fe",
    "::a9fe:a9fe",
    "2002:a9fe:a9fe::",
    "0.0.0.0",  # noqa: S104 - an address to refuse
    "::",
]
PRIVATE = [
    "127.0.0.1",
    "127.8.9.10",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "192.0.0.192",
    "::1",
    "fc00::1",
    "::ffff:10.0.0.1",
    "64:ff9b::a00:1",
    "2002:a00:1::",
    "240.0.0.1",
]
PUBLIC = ["20.50.2.1", "8.8.8.8", "2603:1020::1", "::ffff:8.8.8.8", "64:ff9b::808:808"]


def allows(reach: Reach, *addresses: str, host: str = "api.example.com") -> bool:
    try:
        reach.check(host, addresses)
    except AddressForbidden:
        return False
    return True


@pytest.mark.parametrize("address", PLATFORM)
def test_the_platform_is_never_reached_whatever_is_allowed(address: str) -> None:
    widest = Reach(private=True, named=frozenset({"api.example.com", "0.0.0.0/0", "::/0"}))
    assert not allows(widest, address)


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_private_is_reached_only_where_that_is_written(address: str) -> None:
    assert not allows(Reach(), address)
    assert allows(Reach(private=True), address)
    assert allows(Reach(named=frozenset({"api.example.com"})), address)
    assert not allows(Reach(named=frozenset({"example.com"})), address)


@pytest.mark.parametrize("address", PUBLIC)
def test_the_internet_is_reached(address: str) -> None:
    assert allows(Reach(), address)


def test_one_private_address_among_others_is_enough_to_refuse() -> None:
    assert not allows(Reach(), "8.8.8.8", "10.0.0.1")


def test_the_setting_names_hosts_and_networks() -> None:
    reach = reach_of({SETTING: " ERP.corp.example, 10.1.0.0/16 ,,::1"})
    assert allows(reach, "192.168.0.1", host="erp.corp.example.")
    assert allows(reach, "10.1.2.3", "::1")
    assert not allows(reach, "10.2.0.1")


@pytest.mark.parametrize("text", ["10.1.0.0/99", "10.1.2.3/16", "*", "*.corp.example"])
def test_a_setting_that_says_nothing_exact_is_refused(text: str) -> None:
    with pytest.raises(ReachUnreadable):
        reach_of({SETTING: text})


@given(st.ip_addresses())
def test_an_address_is_reached_if_it_is_global_and_stands_for_nothing_else(address: object) -> None:
    found = ipaddress.ip_address(str(address))
    if not found.is_global:
        inner = getattr(found, "sixtofour", None) or (getattr(found, "teredo", None) or (0, 0))[1]
        assert inner or not allows(Reach(), str(found))


def answers(*addresses: str) -> Any:
    """A name server that gives one address after the other."""
    left = list(addresses)
    asked: list[str] = []

    def getaddrinfo(host: str, port: int, *_more: object, **_options: object) -> list[object]:
        if host.endswith("com"):
            asked.append(host)
        place = (left.pop(0) if len(left) > 1 else left[0], port)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", place)]

    getaddrinfo.asked = asked
    return getaddrinfo


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.01)
        yield server


def get(url: str, reach: Reach) -> httpx.Response:
    with httpx.Client(transport=GuardedTransport(reach, httpx.create_ssl_context())) as client:
        return client.get(url, timeout=5)


def test_a_name_that_leads_inside_is_not_connected_to(
    monkeypatch: pytest.MonkeyPatch, listening: socket.socket
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", answers("127.0.0.1"))
    with pytest.raises(AddressForbidden, match=r"api\.example\.com is 127\.0\.0\.1"):
        get(f"http://api.example.com:{listening.getsockname()[1]}/", Reach())
    with pytest.raises(TimeoutError):
        listening.accept()


def test_a_name_is_looked_up_once_so_that_its_second_answer_is_never_used(
    monkeypatch: pytest.MonkeyPatch, listening: socket.socket
) -> None:
    # First an address of the internet, which is judged, then the one that is meant.
    names = answers("198.18.0.1", "127.0.0.1")
    monkeypatch.setattr(socket, "getaddrinfo", names)
    tried: list[object] = []

    def create_connection(address: object, *_given: object, **_named: object) -> object:
        tried.append(address)
        raise OSError

    monkeypatch.setattr(socket, "create_connection", create_connection)
    port = listening.getsockname()[1]
    with pytest.raises(httpx.ConnectError):
        get(f"http://api.example.com:{port}/", Reach(named=frozenset({"198.18.0.0/15"})))
    assert tried == [("198.18.0.1", port)]
    assert names.asked == ["api.example.com"]


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "127.1", "[::1]", "[::ffff:7f00:1]"])
def test_a_strange_way_to_write_an_address_leads_no_further(host: str) -> None:
    with pytest.raises((AddressForbidden, httpx.ConnectError, httpx.InvalidURL)) as refused:
        get(f"http://{host}:9/", Reach())
    assert not isinstance(refused.value, httpx.ConnectError) or host == "[::1]"


def test_the_name_of_the_request_stays_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str | None] = []

    class Seeing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.headers["host"])
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            pass

    with HTTPServer(("127.0.0.1", 0), Seeing) as server:
        server.timeout = 5
        thread = threading.Thread(target=server.handle_request, daemon=True)
        thread.start()
        monkeypatch.setattr(socket, "getaddrinfo", answers("127.0.0.1"))
        get(f"http://api.example.com:{server.server_port}/", Reach(private=True))
        thread.join()
    assert seen == [f"api.example.com:{server.server_port}"]
