"""Reads the table files from where the settings say, again when they have changed."""

from __future__ import annotations

from pathlib import Path

from shared.catalog import Catalog, parse_catalog, read_catalog
from shared.landing.lake import Lake

_IN_LAKE = "lake:"


class CatalogReader:
    """Gives the catalogue as it stands now: a changed file counts from the next load on.

    `place` is a folder, or `lake:<filesystem>/<path>` for files that change without a deployment.
    """

    def __init__(self, place: str, lake: Lake) -> None:
        self._place, self._lake = place, lake
        self._seen: tuple[object, ...] | None = None
        self._catalog: Catalog | None = None

    def read(self) -> Catalog:
        """Read the files, unless none has changed. Raises CatalogInvalid."""
        seen = self._look()
        if self._catalog is None or seen != self._seen:
            self._catalog = self._parse()
            self._seen = seen
        return self._catalog

    def _look(self) -> tuple[object, ...]:
        if self._place.startswith(_IN_LAKE):
            return tuple(self._texts().items())
        files = sorted(Path(self._place).glob("*.y*ml"))
        return tuple((file.name, *_stamp(file)) for file in files)

    def _parse(self) -> Catalog:
        if self._place.startswith(_IN_LAKE):
            return parse_catalog(self._texts())
        return read_catalog(Path(self._place))

    def _texts(self) -> dict[str, str]:
        folder = self._place.removeprefix(_IN_LAKE)
        return {
            entry.path.rsplit("/", 1)[-1]: self._lake.read(entry.path).decode()
            for entry in self._lake.list(folder)
            if entry.path.endswith(".yml")
        }


def _stamp(file: Path) -> tuple[int, int]:
    found = file.stat()
    return found.st_mtime_ns, found.st_size
