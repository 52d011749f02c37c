"""What a task of a test's job does: writes down that it ran, and fails or waits if it is told to."""

import os
import sys
import time
from pathlib import Path


def main() -> None:
    """Called with a folder, the task's name and the hand-over."""
    folder, task, handover = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    with (folder / "record").open("a") as record:
        record.write(f"{task} {handover}\n")
    while (folder / f"hold-{task}").exists():
        time.sleep(0.02)
    failing = folder / f"fail-{task}"
    if failing.exists():
        times = int(failing.read_text())
        failing.write_text(str(times - 1))
        if times > 0:
            sys.exit(f"told to fail, pid {os.getpid()}")


if __name__ == "__main__":
    main()
