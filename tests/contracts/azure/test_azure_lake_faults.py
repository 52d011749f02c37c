import base64
from pathlib import Path

import pytest
from azure_interference import Concerns, Interference, Refusal, Request

from local.datalake.process import RunningDatalake, start
from shared.adapters.azure.clients import lake_service
from shared.adapters.azure.lake import AzureLake
from shared.landing.lake import PathMissing, PathTaken
from shared.loading.errors import CredentialRejected, LakeUnavailable

CONTENT = bytes(5 * 1024 * 1024)


def is_rename(request: Request) -> bool:
    return "x-ms-rename-source" in request.headers


def asks(method: str, words: str) -> Concerns:
    return lambda request: request.method == method and words in request.target


def is_put(request: Request) -> bool:
    return "x-ms-blob-type" in request.headers


LOST: dict[str, Concerns] = {
    "create": asks("PUT", "resource=file"),
    "append": asks("PATCH", "position=4194304"),
    "flush": asks("PATCH", "action=flush"),
}


@pytest.mark.parametrize("step", LOST)
def test_a_file_is_streamed_once_whichever_answer_is_lost(
    disturbed_lake: AzureLake, lake_proxy: Interference, place: str, step: str
) -> None:
    lake_proxy.lose_answer(LOST[step])
    with disturbed_lake.create(f"{place}/f") as sink:
        sink.write(CONTENT)
    assert not lake_proxy.is_pending
    assert [(entry.path, entry.bytes) for entry in disturbed_lake.list(place)] == [
        (f"{place}/f", len(CONTENT))
    ]


def test_a_file_whose_answer_is_lost_has_been_written(
    disturbed_lake: AzureLake, lake_proxy: Interference, place: str
) -> None:
    lake_proxy.lose_answer(is_put)
    disturbed_lake.write(f"{place}/f", CONTENT)
    assert not lake_proxy.is_pending
    assert disturbed_lake.read(f"{place}/f") == CONTENT


def test_a_writer_that_comes_second_is_told_also_when_that_answer_is_lost(
    disturbed_lake: AzureLake, lake_proxy: Interference, place: str
) -> None:
    disturbed_lake.write(f"{place}/f", b"first")
    lake_proxy.lose_answer(is_put)
    with pytest.raises(PathTaken):
        disturbed_lake.write(f"{place}/f", b"second")
    assert not lake_proxy.is_pending
    assert disturbed_lake.read(f"{place}/f") == b"first"
    assert [entry.path for entry in disturbed_lake.list(place)] == [f"{place}/f"]


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_a_move_whose_answer_is_lost_has_happened(
    disturbed_lake: AzureLake, lake_proxy: Interference, place: str, kind: str
) -> None:
    disturbed_lake.write(f"{place}/folder/file", b"1")
    source = f"{place}/folder" if kind == "folder" else f"{place}/folder/file"
    lake_proxy.lose_answer(is_rename)
    disturbed_lake.move(source, f"{place}/moved")
    assert not lake_proxy.is_pending
    assert disturbed_lake.exists(f"{place}/moved")
    assert not disturbed_lake.exists(source)


def test_a_move_that_is_repeated_still_tells_what_it_missed(
    disturbed_lake: AzureLake, lake_proxy: Interference, place: str
) -> None:
    disturbed_lake.write(f"{place}/f", b"1")
    disturbed_lake.write(f"{place}/taken", b"2")
    for target, told in (("taken", PathTaken), ("none/f", PathMissing)):
        lake_proxy.refuse(is_rename, Refusal(status=503))
        with pytest.raises(told):
            disturbed_lake.move(f"{place}/f", f"{place}/{target}")
    lake_proxy.lose_answer(is_rename)
    with pytest.raises(PathMissing):
        disturbed_lake.move(f"{place}/none", f"{place}/new")
    assert not lake_proxy.is_pending


def test_folders_and_removals_bear_lost_answers(
    disturbed_lake: AzureLake, lake_proxy: Interference, place: str
) -> None:
    lake_proxy.lose_answer(asks("PUT", "resource=directory"))
    disturbed_lake.make_folder(f"{place}/a")
    lake_proxy.lose_answer(asks("PUT", "restype=container"))
    disturbed_lake.make_folder(f"{place.split('/', maxsplit=1)[0]}-new/a")
    lake_proxy.lose_answer(asks("DELETE", "recursive=true"))
    disturbed_lake.remove(f"{place}/a")
    assert not lake_proxy.is_pending
    assert list(disturbed_lake.list(place)) == []


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "1"}])
def test_a_busy_lake_is_asked_again(
    disturbed_lake: AzureLake, lake_proxy: Interference, place: str, headers: dict[str, str]
) -> None:
    lake_proxy.refuse(is_put, Refusal(status=503, headers=headers))
    disturbed_lake.write(f"{place}/f", b"1")
    assert not lake_proxy.is_pending
    assert disturbed_lake.read(f"{place}/f") == b"1"


@pytest.mark.parametrize(
    ("refusal", "told"),
    [
        (Refusal(status=429, headers={"Retry-After": "1"}), LakeUnavailable),
        (
            Refusal(status=403, headers={"x-ms-error-code": "AuthorizationPermissionMismatch"}),
            CredentialRejected,
        ),
        (
            Refusal(status=403, headers={"x-ms-error-code": "AuthenticationFailed"}),
            CredentialRejected,
        ),
    ],
)
def test_refusals_are_typed(
    disturbed_lake: AzureLake,
    lake_proxy: Interference,
    place: str,
    refusal: Refusal,
    told: type[Exception],
) -> None:
    lake_proxy.refuse(lambda _: True, refusal)
    with pytest.raises(told):
        disturbed_lake.make_folder(f"{place}/a")


def test_a_wrong_key_is_told_as_such(datalake: RunningDatalake, place: str) -> None:
    key = base64.b64encode(b"wrong" * 8).decode()
    with lake_service(datalake.url, key) as service:
        lake = AzureLake(service)
        for ask in (
            lambda: lake.read(f"{place}/f"),
            lambda: lake.write(f"{place}/f", b""),
            lambda: lake.exists(place),
            lambda: list(lake.list(place)),
            lake.ping,
        ):
            with pytest.raises(CredentialRejected):
                ask()


def test_a_lake_that_is_gone_is_unavailable(tmp_path: Path) -> None:
    with start(tmp_path) as server, lake_service(server.url, server.key) as service:
        lake = AzureLake(service)
        lake.make_folder("bronze/a")
        server.kill()
        with pytest.raises(LakeUnavailable):
            lake.ping()
