"""Files through the SDK: creation, appends, flushes, reads, properties, deletion."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import (
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.storage.filedatalake import ContentSettings, DataLakeServiceClient, FileSystemClient
from datalake_client import Lake


def test_an_uploaded_file_lies_plain_on_disk(filesystem: FileSystemClient, folder: Path) -> None:
    filesystem.get_file_client("a/b/x.txt").upload_data(b"content", overwrite=True)
    assert (folder / "a/b/x.txt").read_bytes() == b"content"


def test_a_file_another_tool_put_there_can_be_read_and_replaced(
    filesystem: FileSystemClient, folder: Path
) -> None:
    (folder / "x").write_bytes(b"outside")
    file = filesystem.get_file_client("x")
    assert file.download_file().readall() == b"outside"
    file.append_data(b"!", 7)
    file.flush_data(8)
    assert (folder / "x").read_bytes() == b"outside!"


def test_a_change_by_another_tool_changes_the_etag(
    filesystem: FileSystemClient, folder: Path
) -> None:
    file = filesystem.create_file("x")
    before = file.get_file_properties().etag
    (folder / "x").write_bytes(b"outside")
    assert file.get_file_properties().etag != before


def test_creating_replaces_unless_the_path_must_be_absent(filesystem: FileSystemClient) -> None:
    file = filesystem.get_file_client("x")
    file.upload_data(b"content", overwrite=True)
    with pytest.raises(ResourceExistsError) as caught:
        file.create_file(if_none_match="*")
    assert caught.value.error_code == "PathAlreadyExists"
    file.create_file()
    assert file.get_file_properties().size == 0


def test_a_file_cannot_be_made_of_a_directory_nor_below_a_file(
    filesystem: FileSystemClient,
) -> None:
    filesystem.create_directory("d")
    filesystem.create_file("f")
    for path in ("d", "f/below"):
        with pytest.raises(ResourceExistsError) as caught:
            filesystem.create_file(path)
        assert caught.value.error_code == "PathConflict"


def test_appended_data_is_invisible_until_it_is_flushed(
    filesystem: FileSystemClient, folder: Path
) -> None:
    file = filesystem.create_file("x")
    file.append_data(b"hidden", 0)
    assert file.get_file_properties().size == 0
    assert file.download_file().readall() == b""
    assert [path.name for path in folder.iterdir()] == ["x"]
    assert (folder / "x").read_bytes() == b""
    file.flush_data(6)
    assert file.download_file().readall() == b"hidden"


def test_appends_may_arrive_in_any_order(filesystem: FileSystemClient) -> None:
    file = filesystem.create_file("x")
    file.append_data(b"def", 3)
    file.append_data(b"abc", 0)
    file.flush_data(6)
    assert file.download_file().readall() == b"abcdef"


def test_a_gap_cannot_be_flushed(filesystem: FileSystemClient) -> None:
    file = filesystem.create_file("x")
    file.append_data(b"def", 3)
    with pytest.raises(HttpResponseError) as caught:
        file.flush_data(6)
    assert caught.value.status_code == 400
    assert caught.value.error_code == "InvalidFlushPosition"


@pytest.mark.parametrize("position", [2, 4])
def test_a_flush_must_not_lie_before_what_is_committed_nor_behind_what_was_appended(
    filesystem: FileSystemClient, position: int
) -> None:
    file = filesystem.create_file("x")
    file.append_data(b"abc", 0, flush=True)
    with pytest.raises(HttpResponseError) as caught:
        file.flush_data(position)
    assert caught.value.error_code == "InvalidFlushPosition"


def test_committed_bytes_cannot_be_appended_over(filesystem: FileSystemClient) -> None:
    file = filesystem.create_file("x")
    file.append_data(b"abc", 0, flush=True)
    with pytest.raises(HttpResponseError) as caught:
        file.append_data(b"X", 1)
    assert caught.value.error_code == "InvalidFlushPosition"


def test_a_flushed_file_can_be_extended(filesystem: FileSystemClient, folder: Path) -> None:
    file = filesystem.create_file("x")
    for position, letter in enumerate((b"a", b"b", b"c")):
        file.append_data(letter, position)
        file.flush_data(position + 1)
    assert (folder / "x").read_bytes() == b"abc"


def test_data_behind_the_flush_is_dropped_or_retained_as_asked(
    filesystem: FileSystemClient,
) -> None:
    for name, retain in (("dropped", False), ("retained", True)):
        file = filesystem.create_file(name)
        file.append_data(b"abc", 0)
        file.append_data(b"def", 3)
        file.flush_data(3, retain_uncommitted_data=retain)
        assert file.download_file().readall() == b"abc"
    with pytest.raises(HttpResponseError):
        filesystem.get_file_client("dropped").flush_data(6)
    filesystem.get_file_client("retained").flush_data(6)
    assert filesystem.get_file_client("retained").download_file().readall() == b"abcdef"


def test_uncommitted_data_ends_with_its_file(filesystem: FileSystemClient) -> None:
    file = filesystem.create_file("x")
    file.append_data(b"old", 0)
    file.create_file()
    with pytest.raises(HttpResponseError) as caught:
        file.flush_data(3)
    assert caught.value.error_code == "InvalidFlushPosition"


def test_uncommitted_data_goes_with_a_renamed_directory(filesystem: FileSystemClient) -> None:
    filesystem.create_file("d/x").append_data(b"abc", 0)
    filesystem.get_directory_client("d").rename_directory(f"{filesystem.file_system_name}/e")
    filesystem.get_file_client("e/x").flush_data(3)
    assert filesystem.get_file_client("e/x").download_file().readall() == b"abc"


def test_nothing_is_appended_to_what_does_not_exist(filesystem: FileSystemClient) -> None:
    with pytest.raises(ResourceNotFoundError) as caught:
        filesystem.get_file_client("x").append_data(b"abc", 0)
    assert caught.value.error_code == "PathNotFound"


def test_nothing_is_appended_to_a_directory(filesystem: FileSystemClient) -> None:
    filesystem.create_directory("d")
    with pytest.raises(ResourceExistsError) as caught:
        filesystem.get_file_client("d").append_data(b"abc", 0)
    assert caught.value.error_code == "ResourceTypeMismatch"


def test_a_body_that_is_not_what_its_md5_says_is_not_appended(filesystem: FileSystemClient) -> None:
    file = filesystem.create_file("x")
    file.append_data(b"abc", 0, validate_content=True)
    wrong = {"Content-MD5": "kAFQmDzST7DWlj99KOF/cg=="}
    with pytest.raises(HttpResponseError) as caught:
        file.append_data(b"abd", 3, headers=wrong)
    assert caught.value.error_code == "Md5Mismatch"
    with pytest.raises(HttpResponseError):
        file.flush_data(6)


def test_a_large_file_comes_back_as_it_went(lake: Lake, filesystem: FileSystemClient) -> None:
    content = os.urandom(9 * 1024 * 1024 + 7)
    file = filesystem.get_file_client("x")
    file.upload_data(content, overwrite=True, chunk_size=1024 * 1024, max_concurrency=3)
    small_pages = DataLakeServiceClient(
        lake.server.url,
        credential=lake.server.key,
        max_single_get_size=2 * 1024 * 1024,
        max_chunk_get_size=1024 * 1024,
    )
    with small_pages:
        reader = small_pages.get_file_client(filesystem.file_system_name, "x")
        assert reader.download_file(max_concurrency=3).readall() == content
        checked = reader.download_file(validate_content=True)
        assert checked.readall() == content


def test_an_empty_file_can_be_downloaded(filesystem: FileSystemClient) -> None:
    assert filesystem.create_file("x").download_file().readall() == b""


def test_a_range_is_read_and_cut_at_the_end(filesystem: FileSystemClient) -> None:
    file = filesystem.create_file("x")
    file.append_data(b"0123456789", 0, flush=True)
    assert file.download_file(offset=2, length=3).readall() == b"234"
    assert file.download_file(offset=8, length=100).readall() == b"89"


def test_a_range_behind_the_end_is_refused(filesystem: FileSystemClient) -> None:
    file = filesystem.create_file("x")
    file.append_data(b"abc", 0, flush=True)
    with pytest.raises(HttpResponseError) as caught:
        file.download_file(offset=3, length=1)
    assert caught.value.status_code == 416
    assert caught.value.error_code == "InvalidRange"


def test_a_download_in_pieces_notices_a_replaced_file(
    filesystem: FileSystemClient, lake: Lake
) -> None:
    file = filesystem.get_file_client("x")
    file.upload_data(b"a" * 4096, overwrite=True)
    small_pages = DataLakeServiceClient(
        lake.server.url,
        credential=lake.server.key,
        max_single_get_size=1024,
        max_chunk_get_size=1024,
        retry_total=0,
    )
    with small_pages:
        download = small_pages.get_file_client(filesystem.file_system_name, "x").download_file()
        file.upload_data(b"b" * 4096, overwrite=True)
        with pytest.raises(ResourceModifiedError):
            download.readall()


def test_reads_obey_their_conditions(filesystem: FileSystemClient) -> None:
    file = filesystem.get_file_client("x")
    file.upload_data(b"abc", overwrite=True)
    etag = file.get_file_properties().etag
    with pytest.raises(HttpResponseError) as unchanged:
        file.download_file(etag=etag, match_condition=MatchConditions.IfModified)
    assert unchanged.value.status_code == 304
    with pytest.raises(HttpResponseError) as other:
        file.download_file(etag='"0x1"', match_condition=MatchConditions.IfNotModified)
    assert other.value.status_code == 412
    with pytest.raises(HttpResponseError) as since:
        file.get_file_properties(if_modified_since=datetime.now(UTC) + timedelta(hours=1))
    assert since.value.status_code == 304
    with pytest.raises(HttpResponseError) as before:
        file.get_file_properties(if_unmodified_since=datetime.now(UTC) - timedelta(hours=1))
    assert before.value.status_code == 412


def test_an_upload_fails_when_another_one_came_between(filesystem: FileSystemClient) -> None:
    file = filesystem.get_file_client("x")
    etag = file.create_file()["etag"]
    file.upload_data(b"theirs", overwrite=True)
    file.append_data(b"mine!!!", 6)
    with pytest.raises(ResourceModifiedError) as caught:
        file.flush_data(13, etag=etag, match_condition=MatchConditions.IfNotModified)
    assert caught.value.error_code == "ConditionNotMet"
    assert file.download_file().readall() == b"theirs"


def test_every_change_has_an_etag_of_its_own(filesystem: FileSystemClient) -> None:
    file = filesystem.get_file_client("x")
    tags = [file.create_file()["etag"]]
    file.append_data(b"a", 0)
    tags.append(file.flush_data(1)["etag"])
    tags.append(file.set_metadata({"a": "1"})["etag"])
    tags.append(file.set_metadata({"a": "1"})["etag"])
    tags.append(file.set_http_headers(ContentSettings(content_type="text/plain"))["etag"])
    tags.append(file.set_access_control(permissions="0640")["etag"])
    tags.append(file.create_file()["etag"])
    assert len(set(tags)) == len(tags)
    assert file.get_file_properties().etag == tags[-1]


def test_properties_say_what_was_set(filesystem: FileSystemClient) -> None:
    file = filesystem.get_file_client("x")
    begun = datetime.now(UTC) - timedelta(seconds=2)
    file.create_file(
        metadata={"Case": "kept", "under_score": "1"},
        content_settings=ContentSettings(content_type="text/csv", content_language="de"),
    )
    properties = file.get_file_properties()
    assert properties.metadata == {"Case": "kept", "under_score": "1"}
    assert properties.content_settings.content_type == "text/csv"
    assert properties.content_settings.content_language == "de"
    assert begun <= properties.creation_time <= datetime.now(UTC)
    assert begun <= properties.last_modified <= datetime.now(UTC)
    file.set_metadata({"other": "2"})
    file.set_http_headers(ContentSettings(content_type="text/plain"))
    properties = file.get_file_properties()
    assert properties.metadata == {"other": "2"}
    assert properties.content_settings.content_type == "text/plain"
    assert properties.content_settings.content_language is None


def test_metadata_survives_a_flush(filesystem: FileSystemClient) -> None:
    file = filesystem.create_file("x", metadata={"a": "1"})
    created = file.get_file_properties().creation_time
    file.append_data(b"abc", 0)
    file.flush_data(3, content_settings=ContentSettings(content_type="text/csv"))
    properties = file.get_file_properties()
    assert properties.metadata == {"a": "1"}
    assert properties.creation_time == created
    assert properties.content_settings.content_type == "text/csv"


def test_too_much_metadata_is_refused_and_changes_nothing(filesystem: FileSystemClient) -> None:
    file = filesystem.create_file("x", metadata={"a": "1"})
    with pytest.raises(HttpResponseError) as caught:
        file.set_metadata({"b": "x" * 4000})
    assert caught.value.error_code == "MetadataTooLarge"
    assert file.get_file_properties().metadata == {"a": "1"}


def test_changes_obey_their_conditions(filesystem: FileSystemClient) -> None:
    file = filesystem.create_file("x")
    old = file.get_file_properties().etag
    file.set_metadata({"a": "1"})
    for change in (lambda **sent: file.set_metadata({}, **sent), file.delete_file):
        with pytest.raises(ResourceModifiedError):
            change(etag=old, match_condition=MatchConditions.IfNotModified)
    with pytest.raises(ResourceModifiedError):
        file.delete_file(if_unmodified_since=datetime.now(UTC) - timedelta(hours=1))
    assert file.get_file_properties().metadata == {"a": "1"}


def test_a_deleted_file_is_gone(filesystem: FileSystemClient, folder: Path) -> None:
    file = filesystem.create_file("x")
    file.delete_file()
    assert not file.exists()
    assert not (folder / "x").exists()
    with pytest.raises(ResourceNotFoundError) as caught:
        file.delete_file()
    assert caught.value.error_code == "PathNotFound"


def test_names_travel_percent_encoded(filesystem: FileSystemClient, folder: Path) -> None:
    name = "run_id=2026-11-22T10:00/größe 100%+a&b?c#d/~x.parquet"
    filesystem.get_file_client(name).upload_data(b"abc", overwrite=True)
    assert (folder / name).read_bytes() == b"abc"
    assert name in [path.name for path in filesystem.get_paths()]
    moved = f"{filesystem.file_system_name}/{name}2"
    filesystem.get_file_client(name).rename_file(moved)
    assert (folder / f"{name}2").read_bytes() == b"abc"
