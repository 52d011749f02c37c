"""Leases: through the SDK, and by their rules at chosen times."""

import uuid

import pytest
from azure.core.exceptions import HttpResponseError
from azure.storage.filedatalake import DataLakeLeaseClient, FileSystemClient

from local.datalake import lease as leases
from local.datalake.errors import Fault, Refused
from local.datalake.lease import INFINITE, Lease

ID, OTHER = str(uuid.UUID(int=1)), str(uuid.UUID(int=2))


def code(caught: pytest.ExceptionInfo[HttpResponseError]) -> tuple[int | None, str | None]:
    return caught.value.status_code, caught.value.error_code


def test_a_leased_file_is_changed_only_by_the_holder(filesystem: FileSystemClient) -> None:
    file = filesystem.create_file("x")
    etag = file.get_file_properties().etag
    lease = file.acquire_lease()
    stranger = DataLakeLeaseClient(file)
    name = filesystem.file_system_name
    writes = (
        lambda **sent: file.append_data(b"a", 0, **sent),
        lambda **sent: file.flush_data(0, **sent),
        lambda **sent: file.set_metadata({"a": "1"}, **sent),
        file.create_file,
        file.delete_file,
    )
    for write in writes:
        with pytest.raises(HttpResponseError) as caught:
            write()
        assert code(caught) == (412, "LeaseIdMissing")
        with pytest.raises(HttpResponseError) as caught:
            write(lease=stranger)
        assert code(caught) == (412, "LeaseIdMismatchWithBlobOperation")
    with pytest.raises(HttpResponseError) as caught:
        file.rename_file(f"{name}/y")
    assert code(caught) == (412, "LeaseIdMissing")
    assert file.get_file_properties().etag == etag
    for write in writes[:-1]:
        write(lease=lease)
    file.delete_file(lease=lease)
    assert not file.exists()


def test_a_leased_file_is_not_replaced_by_a_rename(filesystem: FileSystemClient) -> None:
    name = filesystem.file_system_name
    lease = filesystem.create_file("held").acquire_lease()
    with pytest.raises(HttpResponseError) as caught:
        filesystem.create_file("x").rename_file(f"{name}/held")
    assert code(caught) == (412, "LeaseIdMissing")
    filesystem.get_file_client("x").rename_file(f"{name}/held", lease=lease)


def test_reading_needs_no_lease(filesystem: FileSystemClient) -> None:
    file = filesystem.get_file_client("x")
    file.upload_data(b"abc", overwrite=True)
    file.acquire_lease()
    assert file.download_file().readall() == b"abc"
    properties = file.get_file_properties()
    assert properties.lease.status == "locked"
    assert properties.lease.state == "leased"
    assert properties.lease.duration == "infinite"


def test_a_lease_id_without_a_lease_is_refused(filesystem: FileSystemClient) -> None:
    file = filesystem.create_file("x")
    with pytest.raises(HttpResponseError) as caught:
        file.set_metadata({}, lease=DataLakeLeaseClient(file))
    assert code(caught) == (412, "LeaseNotPresentWithBlobOperation")


def test_a_lease_is_held_by_one(filesystem: FileSystemClient) -> None:
    file = filesystem.create_file("x")
    file.acquire_lease(15)
    with pytest.raises(HttpResponseError) as caught:
        file.acquire_lease(15)
    assert code(caught) == (409, "LeaseAlreadyPresent")


def test_a_lease_is_renewed_changed_released_and_taken_by_the_next(
    filesystem: FileSystemClient,
) -> None:
    file = filesystem.create_file("x")
    lease = file.acquire_lease(60, lease_id=ID)
    assert lease.id == ID
    lease.renew()
    lease.change(OTHER)
    assert lease.id == OTHER
    lease.release()
    file.set_metadata({"a": "1"})
    file.acquire_lease()


def test_a_broken_lease_protects_no_longer(filesystem: FileSystemClient) -> None:
    file = filesystem.create_file("x")
    lease = file.acquire_lease()
    assert lease.break_lease(60) == 60
    assert file.get_file_properties().lease.state == "breaking"
    with pytest.raises(HttpResponseError) as caught:
        file.set_metadata({"a": "1"})
    assert code(caught) == (412, "LeaseIdMissing")
    assert lease.break_lease(0) == 0
    assert file.get_file_properties().lease.state == "broken"
    file.set_metadata({"a": "1"})
    with pytest.raises(HttpResponseError) as caught:
        lease.renew()
    assert code(caught) == (409, "LeaseIsBrokenAndCannotBeRenewed")


def test_a_lease_moves_with_its_file(filesystem: FileSystemClient) -> None:
    file = filesystem.create_file("d/x")
    file.acquire_lease()
    filesystem.get_directory_client("d").rename_directory(f"{filesystem.file_system_name}/e")
    with pytest.raises(HttpResponseError) as caught:
        filesystem.get_file_client("e/x").delete_file()
    assert code(caught) == (412, "LeaseIdMissing")


def refused(caught: pytest.ExceptionInfo[Refused]) -> Fault:
    return caught.value.fault


def test_an_expired_lease_lets_everybody_write_and_can_be_renewed() -> None:
    lease = leases.acquire(None, proposed=ID, duration=15, now=100.0)
    assert lease.state(114.9) == "leased"
    assert lease.state(115.0) == "expired"
    leases.admit_write(lease, given=None, now=115.0)
    with pytest.raises(Refused) as caught:
        leases.admit_write(lease, given=ID, now=115.0)
    assert refused(caught) is Fault.LEASE_LOST
    assert leases.renew(lease, given=ID, now=200.0).state(214.0) == "leased"
    assert leases.acquire(lease, proposed=OTHER, duration=INFINITE, now=115.0).id == OTHER


def test_a_break_ends_no_later_than_the_lease() -> None:
    lease = leases.acquire(None, proposed=ID, duration=30, now=100.0)
    assert leases.break_off(lease, period=None, now=110.0).breaks_at == 130.0
    assert leases.break_off(lease, period=60, now=110.0).breaks_at == 130.0
    assert leases.break_off(lease, period=5, now=110.0).breaks_at == 115.0
    endless = leases.acquire(None, proposed=ID, duration=INFINITE, now=100.0)
    assert leases.break_off(endless, period=None, now=110.0).state(110.0) == "broken"


def test_a_breaking_lease_is_neither_acquired_nor_changed() -> None:
    lease = Lease(id=ID, duration=INFINITE, expires_at=None, breaks_at=200.0)
    with pytest.raises(Refused) as same:
        leases.acquire(lease, proposed=ID, duration=15, now=100.0)
    assert refused(same) is Fault.LEASE_BREAKING_NOT_ACQUIRED
    with pytest.raises(Refused) as other:
        leases.acquire(lease, proposed=OTHER, duration=15, now=100.0)
    assert refused(other) is Fault.LEASE_ALREADY_PRESENT
    with pytest.raises(Refused) as changed:
        leases.change(lease, given=ID, proposed=OTHER, now=100.0)
    assert refused(changed) is Fault.LEASE_BREAKING_NOT_CHANGED


@pytest.mark.parametrize("duration", [0, 14, 61, -2])
def test_a_lease_lasts_15_to_60_seconds_or_for_ever(duration: int) -> None:
    with pytest.raises(Refused) as caught:
        leases.acquire(None, proposed=ID, duration=duration, now=100.0)
    assert refused(caught) is Fault.INVALID_HEADER_VALUE


def test_lease_actions_need_the_lease() -> None:
    for act in (
        lambda lease: leases.renew(lease, given=OTHER, now=1.0),
        lambda lease: leases.release(lease, given=OTHER),
        lambda lease: leases.change(lease, given=OTHER, proposed=str(uuid.uuid4()), now=1.0),
    ):
        with pytest.raises(Refused) as none:
            act(None)
        assert refused(none) is Fault.LEASE_NOT_PRESENT_OF_LEASE
        with pytest.raises(Refused) as another:
            act(Lease(id=ID, duration=INFINITE, expires_at=None))
        assert refused(another) is Fault.LEASE_ID_MISMATCH_OF_LEASE
