"""Renames through the SDK."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.storage.filedatalake import DataLakeServiceClient, FileSystemClient
from datalake_client import PlainClient


def upload(filesystem: FileSystemClient, path: str, content: bytes) -> None:
    filesystem.get_file_client(path).upload_data(content, overwrite=True)


def content_of(filesystem: FileSystemClient, path: str) -> bytes:
    return filesystem.get_file_client(path).download_file().readall()


def move(filesystem: FileSystemClient, source: str, target: str, **conditions: object) -> None:
    full = f"{filesystem.file_system_name}/{target}"
    filesystem.get_file_client(source).rename_file(full, **conditions)


def test_a_renamed_file_keeps_content_etag_and_properties(filesystem: FileSystemClient) -> None:
    upload(filesystem, "x", b"abc")
    filesystem.get_file_client("x").set_metadata({"a": "1"})
    before = filesystem.get_file_client("x").get_file_properties()
    filesystem.create_directory("d")
    move(filesystem, "x", "d/y")
    after = filesystem.get_file_client("d/y").get_file_properties()
    assert not filesystem.get_file_client("x").exists()
    assert content_of(filesystem, "d/y") == b"abc"
    assert (after.etag, after.metadata) == (before.etag, {"a": "1"})
    assert after.last_modified == before.last_modified


def test_a_renamed_directory_takes_everything_with_it(
    filesystem: FileSystemClient, folder: Path
) -> None:
    for number in range(20):
        filesystem.create_file(f"d/{number}/x", metadata={"number": str(number)})
    etag = filesystem.get_file_client("d/7/x").get_file_properties().etag
    filesystem.create_directory("e")
    directory = filesystem.get_directory_client("d")
    directory.rename_directory(f"{filesystem.file_system_name}/e/f")
    assert not (folder / "d").exists()
    assert len(list((folder / "e/f").iterdir())) == 20
    moved = filesystem.get_file_client("e/f/7/x").get_file_properties()
    assert (moved.etag, moved.metadata) == (etag, {"number": "7"})


def test_paths_move_between_filesystems(
    service: DataLakeServiceClient, filesystem: FileSystemClient
) -> None:
    other = service.create_file_system(f"{filesystem.file_system_name}-other")
    upload(filesystem, "d/x", b"abc")
    filesystem.get_directory_client("d").rename_directory(f"{other.file_system_name}/e")
    assert content_of(other, "e/x") == b"abc"
    assert not filesystem.get_directory_client("d").exists()


def test_a_file_in_the_way_is_replaced_without_a_condition(filesystem: FileSystemClient) -> None:
    upload(filesystem, "x", b"new")
    upload(filesystem, "y", b"old")
    move(filesystem, "x", "y")
    assert content_of(filesystem, "y") == b"new"


def test_a_file_in_the_way_stops_a_rename_that_must_not_replace(
    filesystem: FileSystemClient,
) -> None:
    upload(filesystem, "x", b"new")
    upload(filesystem, "y", b"old")
    with pytest.raises(ResourceExistsError) as caught:
        move(filesystem, "x", "y", match_condition=MatchConditions.IfMissing)
    assert caught.value.error_code == "PathAlreadyExists"
    assert content_of(filesystem, "x") == b"new"
    assert content_of(filesystem, "y") == b"old"


def test_an_empty_directory_in_the_way_is_replaced_a_full_one_is_not(
    filesystem: FileSystemClient,
) -> None:
    filesystem.create_file("d/x")
    filesystem.create_directory("empty")
    filesystem.create_file("full/y")
    name = filesystem.file_system_name
    with pytest.raises(ResourceExistsError) as caught:
        filesystem.get_directory_client("d").rename_directory(f"{name}/full")
    assert caught.value.error_code == "DirectoryNotEmpty"
    filesystem.get_directory_client("d").rename_directory(f"{name}/empty")
    assert filesystem.get_file_client("empty/x").exists()


def test_a_rename_does_not_replace_one_kind_by_the_other(filesystem: FileSystemClient) -> None:
    filesystem.create_file("x")
    filesystem.create_directory("d")
    for source, target in (("x", "d"), ("d", "x")):
        with pytest.raises(HttpResponseError) as caught:
            move(filesystem, source, target)
        assert caught.value.status_code == 409
        assert caught.value.error_code == "InvalidSourceOrDestinationResourceType"


def test_a_rename_does_not_make_parents(filesystem: FileSystemClient) -> None:
    filesystem.create_file("x")
    with pytest.raises(ResourceNotFoundError) as caught:
        move(filesystem, "x", "missing/x")
    assert caught.value.error_code == "RenameDestinationParentPathNotFound"
    assert filesystem.get_file_client("x").exists()


def test_a_file_is_no_parent(filesystem: FileSystemClient) -> None:
    filesystem.create_file("x")
    filesystem.create_file("y")
    with pytest.raises(HttpResponseError) as caught:
        move(filesystem, "x", "y/x")
    assert caught.value.error_code == "InvalidDestinationPath"


def test_a_missing_source_or_filesystem_is_told_apart(filesystem: FileSystemClient) -> None:
    with pytest.raises(ResourceNotFoundError) as source:
        move(filesystem, "missing", "x")
    assert source.value.error_code == "SourcePathNotFound"
    filesystem.create_file("x")
    with pytest.raises(ResourceNotFoundError) as target:
        filesystem.get_file_client("x").rename_file("missing/x")
    assert target.value.error_code == "FilesystemNotFound"


@pytest.mark.parametrize("target", ["d", "d/inside", "d/sub/inside"])
def test_a_directory_does_not_move_into_itself(filesystem: FileSystemClient, target: str) -> None:
    filesystem.create_file("d/sub/x")
    directory = filesystem.get_directory_client("d")
    with pytest.raises(HttpResponseError) as caught:
        directory.rename_directory(f"{filesystem.file_system_name}/{target}")
    assert caught.value.status_code == 409
    assert caught.value.error_code == "InvalidRenameSourcePath"
    assert filesystem.get_file_client("d/sub/x").exists()


def test_a_file_renamed_to_itself_stays_with_its_uncommitted_data(
    filesystem: FileSystemClient,
) -> None:
    file = filesystem.create_file("x")
    file.append_data(b"abc", 0)
    move(filesystem, "x", "x")
    file.flush_data(3)
    assert content_of(filesystem, "x") == b"abc"


def test_conditions_on_the_source_are_obeyed(filesystem: FileSystemClient) -> None:
    filesystem.create_file("x")
    etag = filesystem.get_file_client("x").get_file_properties().etag
    hour = timedelta(hours=1)
    now = datetime.now(UTC)
    for unmet in (
        {"source_etag": '"0x1"', "source_match_condition": MatchConditions.IfNotModified},
        {"source_etag": etag, "source_match_condition": MatchConditions.IfModified},
        {"source_if_modified_since": now + hour},
        {"source_if_unmodified_since": now - hour},
    ):
        with pytest.raises(HttpResponseError) as caught:
            move(filesystem, "x", "y", **unmet)
        assert caught.value.status_code == 412
        assert caught.value.error_code == "SourceConditionNotMet"
    move(
        filesystem, "x", "y", source_etag=etag, source_match_condition=MatchConditions.IfNotModified
    )


def test_conditions_on_the_destination_are_obeyed(filesystem: FileSystemClient) -> None:
    filesystem.create_file("x")
    filesystem.create_file("y")
    etag = filesystem.get_file_client("y").get_file_properties().etag
    hour = timedelta(hours=1)
    now = datetime.now(UTC)
    for unmet in (
        {"etag": '"0x1"', "match_condition": MatchConditions.IfNotModified},
        {"if_modified_since": now + hour},
        {"if_unmodified_since": now - hour},
    ):
        with pytest.raises(HttpResponseError) as caught:
            move(filesystem, "x", "y", **unmet)
        assert caught.value.status_code == 412
        assert caught.value.error_code == "ConditionNotMet"
    move(filesystem, "x", "y", etag=etag, match_condition=MatchConditions.IfNotModified)


def test_the_source_is_percent_encoded_and_may_carry_a_query(
    filesystem: FileSystemClient, plain: PlainClient
) -> None:
    name = filesystem.file_system_name
    filesystem.create_file("a b/ü")
    source = {"x-ms-rename-source": f"/{name}/a%20b/%C3%BC?sv=2023"}
    assert plain.send("PUT", f"/{name}/x?mode=legacy", headers=source).status == 201
    assert filesystem.get_file_client("x").exists()
    wrong = {"x-ms-rename-source": f"{name}/x"}
    assert plain.send("PUT", f"/{name}/y", headers=wrong).code == "InvalidSourceUri"
