"""Deleted trees: they leave the namespace by one rename(2) and are cleared up afterwards."""

import os
import shutil
import uuid
from pathlib import Path

from local.datalake.entry import opened
from local.datalake.parts import Parts
from local.datalake.properties import read_properties


class Trash:
    """A folder of trees that no longer exist for anybody else."""

    def __init__(self, folder: Path, parts: Parts) -> None:
        self._folder = folder
        self._parts = parts

    def take(self, place: str) -> str:
        """Move a tree here, and return what to `clear`."""
        taken = f"{self._folder}/{uuid.uuid4().hex}"
        Path(place).rename(taken)
        return taken

    def clear(self, taken: str) -> None:
        """Delete a tree and the uncommitted data of its files.

        Nothing can be appended to files in the trash, so this needs no lock.
        """
        for folder, _, names in os.walk(taken):
            for name in names:
                with opened(f"{folder}/{name}") as descriptor:
                    if descriptor is not None:
                        properties = read_properties(descriptor, is_directory=False)
                        self._parts.discard(properties.identity)
        shutil.rmtree(taken)

    def clear_all(self) -> None:
        """Finish the deletions that a killed server had begun."""
        for taken in self._folder.iterdir():
            self.clear(str(taken))
