"""A system user for servers that refuse to run as root."""

import os
import stat
import subprocess
from collections.abc import Iterable
from pathlib import Path


def unprivileged_user(name: str, reach: Iterable[Path]) -> str | None:
    """Give the user to run a server as: `name` if this is root, None (nobody else) if it is not.

    The user is made if there is none, and may pass through (not list) the folders above each path
    of `reach`.
    """
    if os.geteuid() != 0:
        return None
    if subprocess.run(["id", name], check=False, capture_output=True).returncode != 0:
        subprocess.run(["useradd", "--system", name], check=True, capture_output=True)
    for folder in (folder for path in reach for folder in path.resolve().parents):
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)
    return name
