"""Waits for the signal that asks a server to end."""

import signal
import socket


def catch_signals() -> socket.socket:
    """A socket that can be read once SIGTERM or SIGINT has come.

    The kernel may hand a signal to any thread; one that waits in Python code
    would not learn of it. Written by C code, the socket wakes its reader.
    """
    reader, writer = socket.socketpair()
    writer.settimeout(0)
    signal.set_wakeup_fd(writer.detach())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: None)
    return reader
