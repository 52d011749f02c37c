"""The command line, called as a user calls it, against a server that plays back answers."""

from collections.abc import Iterator

import pytest
from cli_call import Call
from click.testing import CliRunner, Result
from playback_server import Playback, serve

from cli.main import tidemark


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
