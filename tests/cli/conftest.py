"""The command line, called as a user calls it, against a server that plays back answers."""

from collections.abc import Iterator
from pathlib import Path

import certifi
import pytest
from cli_call import Call
from click.testing import CliRunner, Result
from playback_server import Playback, serve

from cli.main import tidemark

_END = "-----END CERTIFICATE-----\n"


@pytest.fixture(scope="session")
def one_authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One of the authorities that a client trusts: to read all of them takes longer than most tests."""
    whole = Path(certifi.where()).read_text()
    file = tmp_path_factory.mktemp("authorities") / "one.pem"
    file.write_text(whole[whole.index("-----BEGIN") :].partition(_END)[0] + _END)
    return file


@pytest.fixture(autouse=True)
def _few_authorities(one_authority: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every client of a test, which speaks no TLS, read one authority alone."""
    monkeypatch.setenv("SSL_CERT_FILE", str(one_authority))


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TIDEMARK_URL", "TIDEMARK_KEY", "TIDEMARK_TOKEN", "FORCE_COLOR", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def api() -> Iterator[Playback]:
    with serve() as playback:
        yield playback


@pytest.fixture
def call(api: Playback) -> Call:
    def run(*arguments: str) -> Result:
        result = CliRunner().invoke(tidemark, arguments, env={"TIDEMARK_URL": api.url})
        # Anything but an exit means a traceback for the user.
        assert result.exception is None or isinstance(result.exception, SystemExit), (
            result.exception
        )
        return result

    return run
