"""Hosts that serve the sample app."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from functions_host_sample import SAMPLE_APP, Sample, Trace

from local.functions_host import FunctionsHost


@pytest.fixture
def trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Trace]:
    trace = Trace(tmp_path)
    monkeypatch.setenv("SAMPLE_TRACE", str(trace.path))
    monkeypatch.setenv("SAMPLE_HUB", "SampleHub")
    monkeypatch.setenv("SAMPLE_SCHEDULE", "0 */15 * * * *")
    yield trace
    for gate in ("gate", "tick-gate"):
        trace.open(gate)


@pytest.fixture
def serve(trace: Trace) -> Iterator[Callable[..., Sample]]:
    """Starts hosts on one state directory, one after the other; all are stopped at the end."""
    with ExitStack() as running:

        def serve(**options: Any) -> Sample:
            app = options.pop("app", SAMPLE_APP)
            host = FunctionsHost(app, trace.folder / "state", **options)
            host.start()
            sample = Sample(host, trace)
            running.callback(host.stop)
            running.callback(sample.http.close)
            running.callback(trace.open)
            return sample

        yield serve


@pytest.fixture
def sample(serve: Callable[..., Sample]) -> Sample:
    """A host in its usual state."""
    return serve()
