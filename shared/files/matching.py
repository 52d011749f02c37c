"""Which files of the lake are of which table, without reading any."""

from __future__ import annotations

from shared.catalog import TableSpec
from shared.catalog.path_patterns import compile_pattern, is_hidden, is_plain_path
from shared.loading.errors import BadOrder


def matches(spec: TableSpec, path: str) -> bool:
    """Say whether a path of the lake is of a file of the table."""
    if spec.files is None:
        return False
    head, rest = f"{location_of(spec)}/", path
    if not path.startswith(head):
        return False
    rest = path[len(head) :]
    plain = is_plain_path(path) and not is_hidden(rest)
    return plain and compile_pattern(spec.files.path).fullmatch(rest) is not None


def location_of(spec: TableSpec) -> str:
    """Give the folder that a source's files arrive in. Raises BadOrder if the table has none."""
    if spec.source.location is None:
        raise BadOrder(f"{spec.name} is no table of files")
    return spec.source.location
