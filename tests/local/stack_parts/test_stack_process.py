"""The process of an embedded stack, beside which others look whether it still runs."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from signal import SIGKILL
from textwrap import dedent

from local.stack_process import StackProcess

# Ends no sooner than its thread is done, so that it can be watched while it ends.
SLOW_TO_END = dedent(
    """
    import signal, sys, time
    signal.signal(signal.SIGTERM, lambda *_: (time.sleep(0.2), sys.exit(0)))
    print("ready http://127.0.0.1:1", flush=True)
    signal.pause()
    """
)


def test_a_stack_that_is_stopped_is_never_said_to_have_ended_by_itself(tmp_path: Path) -> None:
    stack = stack_of(tmp_path)
    stack.start()
    with ThreadPoolExecutor(1) as pool:
        stopping = pool.submit(stack.stop)
        said = {stack.ended}
        while not stopping.done():
            said.add(stack.ended)
    stopping.result()
    assert said == {None}


def test_a_stack_that_somebody_else_killed_is_said_to_have_ended(tmp_path: Path) -> None:
    stack = stack_of(tmp_path)
    stack.start()
    assert stack.pid is not None
    os.kill(stack.pid, SIGKILL)
    os.waitid(os.P_PID, stack.pid, os.WEXITED | os.WNOWAIT)
    assert stack.ended == "the stack has ended with status -9"
    stack.stop()


def stack_of(place: Path) -> StackProcess:
    return StackProcess(
        state=place / "state", tables=place / "tables", environ={}, launcher=("-c", SLOW_TO_END)
    )
