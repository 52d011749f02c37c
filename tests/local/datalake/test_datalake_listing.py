"""Listings through the SDK."""

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.storage.filedatalake import FileSystemClient

TREE = ["a", "a-b", "a-b/x", "a/x", "a/y", "a/y/z", "a0", "b", "ü"]
FILES = ["a-b/x", "a/x", "a/y/z", "a0", "b", "ü"]


@pytest.fixture
def tree(filesystem: FileSystemClient) -> FileSystemClient:
    for path in FILES:
        filesystem.create_file(path)
    return filesystem


def names(paths: object) -> list[str]:
    return [path.name for path in paths]


def test_a_recursive_listing_is_in_the_order_of_whole_names(tree: FileSystemClient) -> None:
    assert names(tree.get_paths()) == sorted(TREE) == TREE


@pytest.mark.parametrize("size", [1, 2, 4, len(TREE), len(TREE) + 1])
def test_pages_hold_each_path_once(tree: FileSystemClient, size: int) -> None:
    pages = [names(page) for page in tree.get_paths(max_results=size).by_page()]
    assert [name for page in pages for name in page] == TREE
    assert {len(page) for page in pages[:-1]} <= {size}


def test_a_plain_listing_stops_at_the_first_level(tree: FileSystemClient) -> None:
    assert names(tree.get_paths(recursive=False)) == ["a", "a-b", "a0", "b", "ü"]
    pages = tree.get_paths("a", recursive=False, max_results=1).by_page()
    assert [names(page) for page in pages] == [["a/x"], ["a/y"]]


def test_a_listing_of_a_directory_names_paths_from_the_filesystem(tree: FileSystemClient) -> None:
    assert names(tree.get_paths("a")) == ["a/x", "a/y", "a/y/z"]
    assert names(tree.get_paths("/a/y/".strip("/"))) == ["a/y/z"]


def test_a_listing_goes_on_where_it_stopped_although_paths_were_deleted(
    tree: FileSystemClient,
) -> None:
    pages = tree.get_paths(max_results=3).by_page()
    assert names(next(pages)) == TREE[:3]
    tree.get_directory_client("a-b").delete_directory()
    assert [name for page in pages for name in names(page)] == TREE[3:]


def test_a_listing_says_the_same_as_the_properties(filesystem: FileSystemClient) -> None:
    filesystem.create_directory("d")
    file = filesystem.get_file_client("d/x")
    file.upload_data(b"abc", overwrite=True)
    directory, listed = filesystem.get_paths()
    properties = file.get_file_properties()
    assert directory.is_directory
    assert not listed.is_directory
    assert listed.content_length == 3
    assert f'"{listed.etag}"' == properties.etag
    assert listed.last_modified == properties.last_modified.replace(tzinfo=None)
    assert listed.creation_time.replace(microsecond=0) == properties.creation_time
    assert (listed.owner, listed.permissions) == (properties.owner, properties.permissions)


def test_what_is_not_there_cannot_be_listed(filesystem: FileSystemClient) -> None:
    with pytest.raises(ResourceNotFoundError) as caught:
        list(filesystem.get_paths("missing"))
    assert caught.value.error_code == "PathNotFound"


def test_a_foreign_continuation_is_refused(filesystem: FileSystemClient) -> None:
    with pytest.raises(HttpResponseError) as caught:
        list(filesystem.get_paths().by_page("%%%"))
    assert caught.value.error_code == "InvalidQueryParameterValue"
