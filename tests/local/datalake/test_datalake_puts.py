"""Whole files put by one request, as the Blob SDK sends it."""

from base64 import b64encode
from collections.abc import Iterator
from hashlib import md5
from pathlib import Path

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.storage.blob import BlobServiceClient, ContainerClient, ContentSettings
from azure.storage.filedatalake import FileSystemClient
from datalake_client import Lake, PlainClient


@pytest.fixture
def container(lake: Lake, filesystem: FileSystemClient) -> Iterator[ContainerClient]:
    """The test's filesystem as the Blob SDK sees it."""
    with BlobServiceClient(lake.server.url, credential=lake.server.key) as service:
        yield service.get_container_client(filesystem.file_system_name)


def test_a_file_is_put_whole_and_its_folders_with_it(
    container: ContainerClient, folder: Path
) -> None:
    container.get_blob_client("a/b/x.txt").upload_blob(b"content")
    assert (folder / "a/b/x.txt").read_bytes() == b"content"


def test_what_is_put_carries_metadata_and_headers(container: ContainerClient) -> None:
    blob = container.get_blob_client("x")
    blob.upload_blob(
        b"{}",
        metadata={"run": "r1"},
        content_settings=ContentSettings(content_type="application/json"),
    )
    found = blob.get_blob_properties()
    assert (found.metadata, found.content_settings.content_type) == (
        {"run": "r1"},
        "application/json",
    )


def test_a_put_never_replaces_unless_it_is_asked_to(container: ContainerClient) -> None:
    blob = container.get_blob_client("x")
    blob.upload_blob(b"first")
    with pytest.raises(ResourceExistsError) as caught:
        blob.upload_blob(b"second")
    assert caught.value.error_code == "BlobAlreadyExists"
    assert blob.download_blob().readall() == b"first"
    blob.upload_blob(b"third", overwrite=True)
    assert blob.download_blob().readall() == b"third"


def test_a_file_is_not_put_over_a_directory_nor_below_a_file(
    container: ContainerClient, filesystem: FileSystemClient
) -> None:
    filesystem.create_directory("d")
    filesystem.create_file("f")
    for path in ("d", "f/below"):
        with pytest.raises(HttpResponseError) as caught:
            container.get_blob_client(path).upload_blob(b"1", overwrite=True)
        assert caught.value.status_code == 409


def test_a_put_into_a_filesystem_that_is_not_there_is_told(lake: Lake) -> None:
    with BlobServiceClient(lake.server.url, credential=lake.server.key) as service:
        blob = service.get_blob_client("never-made", "x")
        with pytest.raises(ResourceNotFoundError) as caught:
            blob.upload_blob(b"1")
    assert caught.value.error_code == "ContainerNotFound"


def test_uncommitted_data_of_a_file_that_is_put_anew_is_gone(
    container: ContainerClient, filesystem: FileSystemClient
) -> None:
    file = filesystem.create_file("x")
    file.append_data(b"hidden", 0)
    container.get_blob_client("x").upload_blob(b"whole", overwrite=True)
    with pytest.raises(HttpResponseError):
        file.flush_data(6)
    assert file.download_file().readall() == b"whole"


def test_a_body_that_is_not_what_its_hash_says_puts_nothing(
    plain: PlainClient, filesystem: FileSystemClient, folder: Path
) -> None:
    digest = b64encode(md5(b"other", usedforsecurity=False).digest()).decode()
    headers = {"x-ms-blob-type": "BlockBlob", "Content-MD5": digest}
    answer = plain.send(
        "PUT", f"/{filesystem.file_system_name}/x", headers=headers, body=b"content"
    )
    assert (answer.status, answer.code) == (400, "Md5Mismatch")
    assert list(folder.iterdir()) == []


def test_other_kinds_of_blobs_are_refused(
    plain: PlainClient, filesystem: FileSystemClient, folder: Path
) -> None:
    answer = plain.send(
        "PUT",
        f"/{filesystem.file_system_name}/x",
        headers={"x-ms-blob-type": "AppendBlob"},
    )
    assert (answer.status, answer.code) == (501, "NotImplemented")
    assert list(folder.iterdir()) == []
