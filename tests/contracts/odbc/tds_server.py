"""As much of SQL Server's protocol as its driver needs to be asked and answered; no SQL is run.

Tests give it the answers. What it proves is the client's side: what reaches a server in which form,
and what becomes of the values that come back. See "[MS-TDS]: Tabular Data Stream Protocol".
"""

import socket
import struct
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from threading import Thread
from typing import Any

PACKET_BYTES = 4096
_HEADER = 8
_COLLATION = b"\x09\x04\xd0\x00\x34"
_PREPARE_AND_RUN, _RUN = 13, 10
_NUMBERS = {"bit": (b"\x68\x01", 1), "smallint": (b"\x26\x02", 2), "int": (b"\x26\x04", 4)}
_NUMBERS["bigint"] = (b"\x26\x08", 8)
_SIZED = {"varbinary": 0xA5, "binary": 0xAD, "varchar": 0xA7, "char": 0xAF}


@dataclass(frozen=True, slots=True)
class Answer:
    """Rows of columns (name, type). Types: as declared, `decimal(p,s)`, `varchar(n)` and so on.

    After its rows come an error, if it has one, or the end of the connection if it `breaks`.
    """

    columns: Sequence[tuple[str, str]] = ()
    rows: Sequence[Sequence[Any]] = ()
    error: int | None = None
    breaks: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """A statement as it came: alone (`batch`), or in a call of a procedure with its values."""

    form: str
    sql: str
    values: tuple[Any, ...] = ()


class TdsServer:
    """Listens on a free port of this machine until it is closed."""

    def __init__(self, answer: Callable[[str], Answer]) -> None:
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.asked: list[Asked] = []
        Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                Thread(target=self._serve, args=(self._listener.accept()[0],), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError, EOFError):
            while True:
                kind, message = _receive(client)
                reply, breaks = self._reply(kind, message)
                _send(client, reply)
                if breaks:
                    return

    def _reply(self, kind: int, message: bytes) -> tuple[bytes, bool]:
        # The kinds of messages of a client: pre-login, login, batch, call of a procedure.
        match kind:
            case 0x12:
                return _prelogin(), False
            case 0x10:
                return _login(), False
            case 1:
                sql = message[_count(message[:4]) :].decode("utf-16-le")
                self.asked.append(Asked("batch", sql))
                return self._result(sql, b"\xfd")
            case 3:
                procedure, values = _call(message)
                if procedure not in (_PREPARE_AND_RUN, _RUN):
                    return _done(b"\xfe"), False
                texts = [value for value in values if isinstance(value, str)]
                sql = texts.pop(1 if procedure == _PREPARE_AND_RUN else 0)
                self.asked.append(Asked("call", sql, tuple(texts[1:])))
                handle = b"\xac" + bytes(9) + b"\x26\x04\x04\x01\x00\x00\x00"
                reply, breaks = self._result(sql, b"\xff")
                ended = handle if procedure == _PREPARE_AND_RUN else b""
                return reply + ended + b"\x79" + bytes(4) + _done(b"\xfe"), breaks
            case _:
                # It asks to stop what was running; that has been sent already.
                return _done(b"\xfd", status=0x20), False

    def _result(self, sql: str, end: bytes) -> tuple[bytes, bool]:
        answer = self._answer(sql)
        reply = b""
        if answer.columns:
            kinds = [kind for _, kind in answer.columns]
            reply = b"\x81" + struct.pack("<H", len(kinds))
            reply += b"".join(_described(*column) for column in answer.columns)
            reply += b"".join(
                b"\xd1" + b"".join(_value(*pair) for pair in zip(kinds, row, strict=True))
                for row in answer.rows
            )
        if answer.error is not None:
            return reply + _error(answer.error) + _done(end, status=2), answer.breaks
        if answer.breaks:
            return reply, True
        more = 1 if end == b"\xff" else 0
        return reply + _done(end, status=more | (0x10 if answer.columns else 0)), False


def _receive(client: socket.socket) -> tuple[int, bytes]:
    message = b""
    while True:
        kind, status, size = struct.unpack(">BBH4x", _exactly(client, _HEADER))
        message += _exactly(client, size - _HEADER)
        if status & 1:
            return kind, message


def _exactly(client: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = client.recv(size - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data


def _send(client: socket.socket, reply: bytes) -> None:
    step = PACKET_BYTES - _HEADER
    for start in range(0, len(reply), step):
        piece = reply[start : start + step]
        last = start + step >= len(reply)
        client.sendall(struct.pack(">BBHHBB", 4, last, len(piece) + _HEADER, 0, 1, 0) + piece)


def _prelogin() -> bytes:
    # Version, no encryption, and nothing of instance, thread and MARS.
    options = [(0, b"\x10\x00\x07\xd0\x00\x00"), (1, b"\x02"), (2, b"\0"), (3, b""), (4, b"\0")]
    offset, head, body = 5 * len(options) + 1, b"", b""
    for number, value in options:
        head += struct.pack(">BHH", number, offset + len(body), len(value))
        body += value
    return head + b"\xff" + body


def _login() -> bytes:
    accepted = b"\x01\x74\x00\x00\x04" + _name("Microsoft SQL Server") + b"\x10\x00\x07\xd0"
    changes = [
        b"\x01" + _name("shop") + _name("master"),
        b"\x07\x05" + _COLLATION + b"\x00",
        b"\x04" + _name(str(PACKET_BYTES)) + _name(str(PACKET_BYTES)),
    ]
    told = b"".join(b"\xe3" + struct.pack("<H", len(each)) + each for each in changes)
    return told + b"\xad" + struct.pack("<H", len(accepted)) + accepted + _done(b"\xfd")


def _done(token: bytes, *, status: int = 0) -> bytes:
    return token + struct.pack("<HHQ", status, 0xC1, 0)


def _error(number: int) -> bytes:
    text = "as the test wants it"
    said = struct.pack("<iBBH", number, 1, 13, len(text)) + text.encode("utf-16-le")
    said += _name("tds") + _name("") + struct.pack("<I", 1)
    return b"\xaa" + struct.pack("<H", len(said)) + said


def _described(name: str, kind: str) -> bytes:
    base, _, size = kind.rstrip(")").partition("(")
    nullable = struct.pack("<IH", 0, 9)
    if base in _NUMBERS:
        described = _NUMBERS[base][0]
    elif base == "float":
        described = b"\x6d\x08"
    elif base == "decimal":
        described = b"\x6c\x11" + bytes(int(digits) for digits in size.split(","))
    else:
        described = bytes([_SIZED[base]]) + struct.pack(
            "<H", 0xFFFF if size == "max" else int(size)
        )
        described += _COLLATION if "char" in base else b""
    return nullable + described + _name(name)


def _value(kind: str, value: Any) -> bytes:
    base, _, size = kind.rstrip(")").partition("(")
    if base in _NUMBERS or base in ("float", "decimal"):
        return b"\0" if value is None else _number(base, value)
    if size == "max":
        return b"\xff" * 8 if value is None else _pieces(value)
    if value is None:
        return b"\xff\xff"
    data = value.encode("ascii") if isinstance(value, str) else value
    return struct.pack("<H", len(data)) + data


def _number(base: str, value: Any) -> bytes:
    if base == "float":
        return b"\x08" + struct.pack("<d", value)
    if base == "decimal":
        # In units of its last digit.
        return b"\x11" + bytes([value >= 0]) + abs(value).to_bytes(16, "little")
    size = _NUMBERS[base][1]
    return bytes([size]) + int(value).to_bytes(size, "little", signed=base != "bit")


def _pieces(data: bytes) -> bytes:
    piece = struct.pack("<I", len(data)) + data if data else b""
    return struct.pack("<Q", len(data)) + piece + bytes(4)


def _call(message: bytes) -> tuple[int, list[Any]]:
    """Read the number of a procedure (0 for a name) and its values."""
    rest = message[_count(message[:4]) :]
    length = _count(rest[:2])
    if length != 0xFFFF:
        return 0, []
    procedure, rest = _count(rest[2:4]), rest[6:]
    values: list[Any] = []
    while rest:
        rest = rest[1 + 2 * rest[0] + 1 :]
        value, rest = _parameter(rest[0], rest[1:])
        values.append(value)
    return procedure, values


def _parameter(kind: int, rest: bytes) -> tuple[Any, bytes]:
    if kind == 0x26:
        size = rest[1]
        return (_count(rest[2 : 2 + size]) if size else None), rest[2 + size :]
    assert kind in (0xE7, 0xA7), f"a parameter of type {kind:#x}"
    encoding = "utf-16-le" if kind == 0xE7 else "latin-1"
    if _count(rest[:2]) == 0xFFFF:
        data, rest = _joined(rest[15:])
        return data.decode(encoding), rest
    size = _count(rest[7:9])
    return rest[9 : 9 + size].decode(encoding), rest[9 + size :]


def _joined(rest: bytes) -> tuple[bytes, bytes]:
    """Read a long value, which comes in pieces."""
    data = b""
    while size := _count(rest[:4]):
        data, rest = data + rest[4 : 4 + size], rest[4 + size :]
    return data, rest[4:]


def _count(raw: bytes) -> int:
    return int.from_bytes(raw, "little")


def _name(text: str) -> bytes:
    return bytes([len(text)]) + text.encode("utf-16-le")
