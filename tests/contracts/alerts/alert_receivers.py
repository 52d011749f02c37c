"""Real servers that alerts are delivered to: HTTP and SMTP, which answer as they are told."""

import ssl
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A request as it came."""

    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class Receiver:
    """Takes what is posted and answers with `status`; `silent` keeps it from answering at all."""

    url: str = ""
    status: int = 200
    location: str | None = None
    silent: threading.Event = field(default_factory=threading.Event)
    got: list[Posted] = field(default_factory=list)


@contextmanager
def receiving() -> Generator[Receiver]:
    """Listen for HTTP on a free port of the loopback."""
    receiver = Receiver()
    done = threading.Event()

    class Take(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.got.append(Posted(path=self.path, headers=headers, body=body))
            if receiver.silent.is_set():
                done.wait()
                return
            self.send_response(receiver.status)
            if receiver.location is not None:
                self.send_header("location", receiver.location)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Take) as server:
        receiver.url = f"http://127.0.0.1:{server.server_port}"
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        serving.start()
        try:
            yield receiver
        finally:
            done.set()
            server.shutdown()
            serving.join()


@dataclass(slots=True)
class Mailbox:
    """What an SMTP server has taken; `refusals` are its replies to receivers, by address."""

    port: int = 0
    got: list[EmailMessage] = field(default_factory=list)
    receivers: list[list[str]] = field(default_factory=list)
    refusals: dict[str, str] = field(default_factory=dict)
    reply: str = "250 taken"

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, _server: Any, _session: Any, envelope: Envelope, address: str, _options: Any
    ) -> str:
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802 - the library's name
        if self.reply.startswith("250"):
            content = envelope.content
            assert isinstance(content, bytes)
            mail = message_from_bytes(content, policy=policy.default)
            assert isinstance(mail, EmailMessage)
            self.got.append(mail)
            self.receivers.append(list(envelope.rcpt_tos))
        return self.reply


USER, PASSWORD = "tide", "s3cret"


def _may_log_in(_server: Any, _session: Any, _envelope: Any, _how: str, login: Any) -> AuthResult:
    assert isinstance(login, LoginPassword)
    return AuthResult(
        success=(login.login, login.password) == (USER.encode(), PASSWORD.encode()), handled=False
    )


class _Wrapped(Controller):
    """A server that speaks TLS from its first byte on."""

    def __init__(self, handler: Any, context: ssl.SSLContext, **options: Any) -> None:
        super().__init__(handler, ssl_context=context, **options)


@contextmanager
def mail_server(
    context: ssl.SSLContext | None = None, *, wrapped: bool = False, login: bool = False
) -> Generator[Mailbox]:
    """Listen for SMTP on a free port: plain, with STARTTLS where there is a certificate, or wrapped."""
    mailbox = Mailbox()
    options: dict[str, Any] = {"hostname": "127.0.0.1", "port": _free_port()}
    if login:
        options |= {"auth_required": True, "authenticator": _may_log_in}
    if context is not None and wrapped:
        server: Controller = _Wrapped(mailbox, context, **options)
    elif context is not None:
        server = Controller(mailbox, tls_context=context, require_starttls=True, **options)
    else:
        server = Controller(mailbox, **options)
    server.start()
    mailbox.port = server.port
    try:
        yield mailbox
    finally:
        server.stop()


def _free_port() -> int:
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        return server.server_port


def make_certificate(folder: Path) -> tuple[ssl.SSLContext, Callable[[], ssl.SSLContext]]:
    """Make a certificate for 127.0.0.1; give what the server shows and how a client comes to trust it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail.test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    pem, secret = folder / "cert.pem", folder / "key.pem"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    shown = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    shown.load_cert_chain(pem, secret)
    return shown, lambda: ssl.create_default_context(cafile=str(pem))
