"""Finds a port of the loopback address that nobody listens on."""

import socket


def free_port() -> int:
    """Give a free port. Somebody else may take it before it is used."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
