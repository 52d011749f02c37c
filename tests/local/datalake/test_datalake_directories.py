"""Directories and access control through the SDK."""

from pathlib import Path

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.storage.filedatalake import FileSystemClient


def test_a_directory_shows_that_it_is_one(filesystem: FileSystemClient) -> None:
    directory = filesystem.create_directory("a/b", metadata={"k": "v"})
    assert directory.exists()
    properties = directory.get_directory_properties()
    assert properties.metadata == {"k": "v", "hdi_isfolder": "true"}
    assert filesystem.get_directory_client("a").exists()
    file = filesystem.create_file("a/b/x")
    assert "hdi_isfolder" not in file.get_file_properties().metadata


def test_the_root_is_a_directory(filesystem: FileSystemClient) -> None:
    assert filesystem.get_directory_client("/").get_access_control()["owner"] == "$superuser"


def test_creating_a_directory_again_keeps_its_children(filesystem: FileSystemClient) -> None:
    filesystem.create_file("d/x")
    filesystem.create_directory("d")
    assert filesystem.get_file_client("d/x").exists()
    with pytest.raises(ResourceExistsError) as caught:
        filesystem.create_directory("d", if_none_match="*")
    assert caught.value.error_code == "PathAlreadyExists"


def test_a_directory_cannot_be_made_of_a_file(filesystem: FileSystemClient) -> None:
    filesystem.create_file("x")
    with pytest.raises(ResourceExistsError) as caught:
        filesystem.create_directory("x")
    assert caught.value.error_code == "PathConflict"


def test_a_directory_is_deleted_with_all_that_is_in_it(
    filesystem: FileSystemClient, folder: Path
) -> None:
    for number in range(20):
        filesystem.create_file(f"d/{number}/x").append_data(b"abc", 0)
    filesystem.get_directory_client("d").delete_directory()
    assert not any(folder.iterdir())
    hidden = folder.parent / ".tidemark-datalake"
    assert not any((hidden / "trash").iterdir())


def test_uncommitted_data_is_cleared_up_with_its_directory(
    filesystem: FileSystemClient, folder: Path
) -> None:
    parts = folder.parent / ".tidemark-datalake" / "parts"
    before = set(parts.iterdir())
    filesystem.create_file("d/x").append_data(b"abc", 0)
    assert set(parts.iterdir()) > before
    filesystem.get_directory_client("d").delete_directory()
    assert set(parts.iterdir()) == before


def test_only_a_recursive_delete_takes_a_full_directory(filesystem: FileSystemClient) -> None:
    filesystem.create_file("d/x")
    with pytest.raises(ResourceExistsError) as caught:
        filesystem.get_file_client("d").delete_file()
    assert caught.value.error_code == "DirectoryNotEmpty"
    assert filesystem.get_file_client("d/x").exists()


def test_a_missing_directory_cannot_be_deleted(filesystem: FileSystemClient) -> None:
    with pytest.raises(ResourceNotFoundError) as caught:
        filesystem.get_directory_client("d").delete_directory()
    assert caught.value.error_code == "PathNotFound"


def test_a_directorys_etag_does_not_follow_its_children(filesystem: FileSystemClient) -> None:
    directory = filesystem.create_directory("d")
    before = directory.get_directory_properties()
    directory.create_file("x")
    after = directory.get_directory_properties()
    assert (after.etag, after.last_modified) == (before.etag, before.last_modified)


def test_access_control_is_kept_as_it_was_set(filesystem: FileSystemClient) -> None:
    file = filesystem.create_file("x", permissions="0777", umask="0027")
    assert file.get_access_control()["permissions"] == "rwxr-x---"
    acl = "user::rwx,user:11111111-2222-3333-4444-555555555555:r--,group::r-x,mask::r--,other::---"
    file.set_access_control(owner="me", group="us", acl=acl)
    control = file.get_access_control()
    assert (control["owner"], control["group"], control["acl"]) == ("me", "us", acl)
    assert control["permissions"] == "rwxr-----+"
    file.set_access_control(permissions="rw-r-----")
    control = file.get_access_control()
    assert control["acl"] == "user::rw-,group::r--,other::---"
    assert control["owner"] == "me"


def test_an_unreadable_acl_is_refused(filesystem: FileSystemClient) -> None:
    directory = filesystem.create_directory("d")
    for wrong in ("user::rwz", "user::rwx,group::rwx"):
        with pytest.raises(HttpResponseError) as caught:
            directory.set_access_control(acl=wrong)
        assert caught.value.error_code == "InvalidInput"
