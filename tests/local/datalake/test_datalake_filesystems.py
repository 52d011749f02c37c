"""Filesystems through the SDK."""

from pathlib import Path

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.storage.filedatalake import DataLakeServiceClient, FileSystemClient
from datalake_client import Lake, PlainClient


def test_a_filesystem_is_a_folder(service: DataLakeServiceClient, lake: Lake) -> None:
    filesystem = service.create_file_system("made-and-deleted", metadata={"a": "1"})
    assert (lake.root / "made-and-deleted").is_dir()
    assert filesystem.exists()
    assert filesystem.get_file_system_properties().metadata == {"a": "1"}
    filesystem.set_file_system_metadata({"b": "2"})
    assert filesystem.get_file_system_properties().metadata == {"b": "2"}
    filesystem.create_file("d/x")
    filesystem.delete_file_system()
    assert not filesystem.exists()
    assert not (lake.root / "made-and-deleted").exists()


def test_a_filesystem_is_created_once(filesystem: FileSystemClient) -> None:
    with pytest.raises(ResourceExistsError) as caught:
        filesystem.create_file_system()
    assert caught.value.error_code == "ContainerAlreadyExists"


def test_each_api_names_the_missing_filesystem_in_its_own_way(
    service: DataLakeServiceClient,
) -> None:
    missing = service.get_file_system_client("missing")
    with pytest.raises(ResourceNotFoundError) as blob:
        missing.get_file_system_properties()
    assert blob.value.error_code == "ContainerNotFound"
    with pytest.raises(ResourceNotFoundError) as dfs:
        missing.create_file("x")
    assert dfs.value.error_code == "FilesystemNotFound"
    with pytest.raises(ResourceNotFoundError) as listing:
        list(missing.get_paths())
    assert listing.value.error_code == "FilesystemNotFound"


def test_the_dfs_api_creates_filesystems_too(plain: PlainClient) -> None:
    assert plain.send("PUT", "/by-dfs?resource=filesystem").status == 201
    again = plain.send("PUT", "/by-dfs?resource=filesystem")
    assert (again.status, again.code) == (409, "FilesystemAlreadyExists")
    assert b'"code": "FilesystemAlreadyExists"' in again.body
    assert plain.send("HEAD", "/by-dfs?resource=filesystem").status == 200
    assert plain.send("DELETE", "/by-dfs?resource=filesystem").status == 202
    assert plain.send("HEAD", "/by-dfs?resource=filesystem").code == "FilesystemNotFound"


def test_filesystems_are_listed_by_prefix_in_pages(service: DataLakeServiceClient) -> None:
    names = [f"paged-{number}" for number in range(5)]
    for name in names:
        service.create_file_system(name, metadata={"name": name.replace("-", "_")})
    listed = service.list_file_systems("paged-", include_metadata=True, results_per_page=2)
    pages = [list(page) for page in listed.by_page()]
    assert [[found.name for found in page] for page in pages] == [names[:2], names[2:4], names[4:]]
    assert pages[0][0].metadata == {"name": "paged_0"}
    rest = service.list_file_systems("paged-", results_per_page=2)
    first = rest.by_page()
    next(first)
    resumed = rest.by_page(first.continuation_token)
    assert [found.name for found in next(resumed)] == names[2:4]


def test_the_hidden_folder_is_no_filesystem(service: DataLakeServiceClient, lake: Lake) -> None:
    (lake.root / "Not A Filesystem").mkdir(exist_ok=True)
    names = {found.name for found in service.list_file_systems()}
    assert names == {path.name for path in lake.root.iterdir()} - {
        ".tidemark-datalake",
        "Not A Filesystem",
    }


@pytest.mark.parametrize("name", [".tidemark-datalake", "Upper", "ab", "a--b", "-ab", "a_b"])
def test_a_filesystem_name_follows_the_services_rules(
    service: DataLakeServiceClient, lake: Lake, name: str
) -> None:
    with pytest.raises(HttpResponseError) as caught:
        service.create_file_system(name)
    assert caught.value.error_code == "InvalidResourceName"
    assert name == ".tidemark-datalake" or not Path(lake.root / name).exists()
