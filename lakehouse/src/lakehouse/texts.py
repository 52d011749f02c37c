"""Small text files of the lake: hand-over files and manifests.

Spark's readers, and Sail's, take a file whose name begins with `_` for one to be left out, and say
nothing of it. So these are read by Databricks' own file system there, and by Arrow's elsewhere.
"""

from __future__ import annotations

import importlib
import os
from typing import Any

from pyarrow import fs
from pyspark.sql import SparkSession

from lakehouse.delta import Lake
from lakehouse.errors import FileMissing
from lakehouse.places import file_place
from lakehouse.session import on_databricks

# More than any manifest; Databricks' own limit, unless told, is 64 KiB.
_MOST_BYTES = 256 * 1024 * 1024


def read_text(lake: Lake, path: str) -> str:
    """Give a file's whole text, which is UTF-8.

    Raises:
        FileMissing: there is no such file.
    """
    place = file_place(lake.root, path)
    if on_databricks(os.environ):
        return _head(databricks_files(lake.spark), place)
    system, name = file_system(place)
    try:
        with system.open_input_stream(name) as stream:
            return stream.read().decode()
    except FileNotFoundError as error:
        raise FileMissing(f"{path} is not in the lake {lake.root}") from error


def write_text(lake: Lake, path: str, text: str) -> None:
    """Write a small file, whatever lay there; the folders above it are made."""
    place = file_place(lake.root, path)
    if on_databricks(os.environ):
        databricks_files(lake.spark).put(place, text, True)  # noqa: FBT003 - by place only
        return
    system, name = file_system(place)
    system.create_dir(name.rpartition("/")[0], recursive=True)
    with system.open_output_stream(name) as stream:
        stream.write(text.encode())


def databricks_files(spark: SparkSession) -> Any:
    """Give Databricks' own file system, `dbutils.fs`."""
    return importlib.import_module("pyspark.dbutils").DBUtils(spark).fs


def _head(files: Any, place: str) -> str:
    try:
        return files.head(place, _MOST_BYTES)
    except Exception as error:
        # It passes on what Java says, in classes that differ from one kind of compute to another.
        if "FileNotFoundException" in str(error):
            raise FileMissing(f"{place} is not there") from error
        raise


def file_system(place: str) -> tuple[Any, str]:
    """Give the file system of a place; an account's key is taken from the environment, as by Sail."""
    system, name = fs.FileSystem.from_uri(place)
    key = os.environ.get("AZURE_STORAGE_ACCOUNT_KEY")
    if place.startswith("abfss://") and key:
        account = place.partition("@")[2].partition(".")[0]
        system = fs.AzureFileSystem(account, account_key=key)
    return system, name
