"""A lake in memory that implements the port, and one that breaks off at a chosen call."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, TypeVar, cast

from shared.landing.lake import LakePath, PathMissing, PathTaken
from shared.loading.errors import LakeUnavailable

T = TypeVar("T")


class MemoryLake:
    """Implements `shared.landing.lake.Lake`. A rename wants its target's folder to be there."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.folders: set[str] = set()

    @contextmanager
    def create(self, path: str) -> Iterator[BinaryIO]:
        sink = io.BytesIO()
        yield cast("BinaryIO", sink)
        self._enter(path, sink.getvalue())

    def write(self, path: str, content: bytes) -> None:
        if self.exists(path):
            raise PathTaken(path)
        self._enter(path, content)

    def read(self, path: str) -> bytes:
        try:
            return self.files[path]
        except KeyError:
            raise PathMissing(path) from None

    @contextmanager
    def open(self, path: str) -> Iterator[BinaryIO]:
        yield io.BytesIO(self.read(path))

    def exists(self, path: str) -> bool:
        return path in self.files or path in self.folders

    def make_folder(self, path: str) -> None:
        parts = path.split("/")
        self.folders |= {"/".join(parts[:end]) for end in range(1, len(parts) + 1)}

    def move(self, source: str, target: str) -> None:
        if not self.exists(source) or target.rsplit("/", 1)[0] not in self.folders:
            raise PathMissing(source)
        if self.exists(target):
            raise PathTaken(target)

        def renamed(path: str) -> str:
            return target + path.removeprefix(source) if _lies_in(path, source) else path

        self.files = {renamed(path): content for path, content in self.files.items()}
        self.folders = {renamed(path) for path in self.folders}

    def list(self, folder: str) -> Iterator[LakePath]:
        for path, content in sorted(self.files.items()):
            if _lies_in(path, folder):
                yield LakePath(path=path, is_folder=False, bytes=len(content))
        for path in sorted(self.folders):
            if _lies_in(path, folder) and path != folder:
                yield LakePath(path=path, is_folder=True, bytes=0)

    def remove(self, folder: str) -> None:
        self.files = {p: c for p, c in self.files.items() if not _lies_in(p, folder)}
        self.folders = {path for path in self.folders if not _lies_in(path, folder)}

    def ping(self) -> None:
        return None

    def _enter(self, path: str, content: bytes) -> None:
        self.make_folder(path.rsplit("/", 1)[0])
        self.files[path] = content


class WatchedLake(MemoryLake):
    """Runs `before` and `after` around each call, with its number from 1; the lake is shared."""

    def __init__(self, lake: MemoryLake) -> None:
        self._lake = lake
        self.calls = 0
        self.before: Callable[[int], None] = lambda _number: None
        self.after: Callable[[int], None] = lambda _number: None

    def write(self, path: str, content: bytes) -> None:
        self._call(lambda: self._lake.write(path, content))

    def read(self, path: str) -> bytes:
        return self._call(lambda: self._lake.read(path))

    def exists(self, path: str) -> bool:
        return self._call(lambda: self._lake.exists(path))

    def make_folder(self, path: str) -> None:
        self._call(lambda: self._lake.make_folder(path))

    def move(self, source: str, target: str) -> None:
        self._call(lambda: self._lake.move(source, target))

    def _call(self, call: Callable[[], T]) -> T:
        self.calls += 1
        number = self.calls
        self.before(number)
        try:
            return call()
        finally:
            self.after(number)


def breaks_at(number: int) -> Callable[[int], None]:
    """Break the connection at the call of this number."""

    def check(call: int) -> None:
        if call == number:
            raise LakeUnavailable(f"call {call}")

    return check


def _lies_in(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")
