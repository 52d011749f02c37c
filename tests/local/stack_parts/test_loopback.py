"""Nothing of the embedded stack can be reached from another machine, and no option changes that."""

import re
import socket
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from cli.commands.dev import command
from local.stack_process import StackProcess

ROOT = Path(__file__).parents[3]
LISTENING = ("local", "cli")


@pytest.fixture(scope="module")
def listening(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[psutil.Process]]:
    """The processes of a stack that serves."""
    folder = tmp_path_factory.mktemp("loopback")
    stack = StackProcess(state=folder / "state", tables=folder / "tables", environ={})
    stack.start()
    try:
        [parent] = [
            each for each in psutil.Process().children() if str(folder) in " ".join(each.cmdline())
        ]
        yield [parent, *parent.children(recursive=True)]
    finally:
        stack.stop()


def test_every_port_of_a_running_stack_is_bound_to_loopback(
    listening: list[psutil.Process],
) -> None:
    bound = {
        connection.laddr.ip
        for process in listening
        for connection in process.net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert bound == {"127.0.0.1"}


def test_no_option_of_dev_names_an_address_to_listen_on() -> None:
    options = {name for parameter in command.params for name in (*parameter.opts, parameter.name)}
    assert [name for name in options if re.search("host|bind|listen|address", str(name))] == []


def test_no_code_of_the_stack_binds_to_every_address() -> None:
    every = re.compile(r"""["'](?:0\.0\.0\.0|::)["']|INADDR_ANY|host\s*=\s*(?:""|''|None)""")
    paths = [path for folder in LISTENING for path in (ROOT / folder).rglob("*.py")]
    assert len(paths) > 50
    found = [
        path.name
        for path in paths
        if "node_modules" not in path.parts and every.search(path.read_text())
    ]
    assert found == []


def test_another_address_of_this_machine_is_refused(listening: list[psutil.Process]) -> None:
    ports = {
        connection.laddr.port
        for process in listening
        for connection in process.net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    }
    own = {
        each.address
        for addresses in psutil.net_if_addrs().values()
        for each in addresses
        if each.family == socket.AF_INET and not each.address.startswith("127.")
    }
    for address in own:
        for port in ports:
            with pytest.raises(OSError, match=r"refused|timed out"):
                socket.create_connection((address, port), timeout=5)
