"""The durable extension's HTTP API."""

import pytest
from functions_host_sample import Sample

BASE = "/runtime/webhooks/durabletask"


def test_starting_answers_with_links_that_work(sample: Sample) -> None:
    answer = sample.http.post(f"{BASE}/orchestrators/child/mine", json="4")
    links = answer.json()
    assert answer.status_code == 202
    assert answer.headers["Location"] == links["statusQueryGetUri"]
    assert links["id"] == "mine"
    sample.finish("mine")
    assert sample.http.get(links["statusQueryGetUri"]).json()["output"] == 16
    assert sample.http.delete(links["purgeHistoryDeleteUri"]).json() == {"instancesDeleted": 1}
    assert sample.http.get(links["statusQueryGetUri"]).status_code == 404


def test_starting_can_wait_for_the_end(sample: Sample) -> None:
    query = {"timeout": "20", "pollingInterval": "0.01"}
    answer = sample.http.post(f"{BASE}/orchestrators/child", json="4", params=query)
    assert (answer.status_code, answer.json()["output"]) == (200, 16)


def test_an_input_that_is_not_json_is_refused(sample: Sample) -> None:
    answer = sample.http.post(f"{BASE}/orchestrators/child", content="{")
    assert answer.status_code == 400
    assert "JSON" in answer.json()["ExceptionMessage"]


def test_a_running_instance_answers_202_and_where_to_ask_again(sample: Sample) -> None:
    instance = sample.start("waits_for_event")
    answer = sample.status(instance)
    assert answer.status_code == 202
    assert answer.headers["Location"].endswith(instance)
    assert answer.headers["Retry-After"] == "5"


def test_a_failed_instance_answers_500_only_when_asked_to(sample: Sample) -> None:
    instance = sample.start("raises")
    sample.finish(instance)
    assert sample.status(instance).status_code == 200
    assert sample.status(instance, returnInternalServerErrorOnFailure="true").status_code == 500


def test_input_and_history_are_shown_on_request(sample: Sample) -> None:
    instance = sample.start("child", 3)
    sample.finish(instance)
    assert sample.status(instance).json()["input"] == "3"
    assert sample.status(instance, showInput="false").json()["input"] is None
    assert sample.status(instance).json()["historyEvents"] is None
    history = sample.history(instance)
    assert [event["EventType"] for event in history] == [
        "ExecutionStarted",
        "TaskCompleted",
        "ExecutionCompleted",
    ]
    assert history[1]["FunctionName"] == "square"
    assert history[1]["Result"] == 9


@pytest.mark.parametrize("what", ["raiseEvent/go", "terminate", "suspend", "resume"])
def test_what_is_asked_of_nobody_is_404_and_of_the_finished_410(sample: Sample, what: str) -> None:
    sample.finish(sample.start("child", 1, "done"))
    assert sample.http.post(f"{BASE}/instances/unheard/{what}", json=1).status_code == 404
    assert sample.http.post(f"{BASE}/instances/done/{what}", json=1).status_code == 410


def test_an_event_must_be_json(sample: Sample) -> None:
    sample.start("waits_for_event", instance="waiting")
    url = f"{BASE}/instances/waiting/raiseEvent/go"
    assert sample.http.post(url, content="1").status_code == 400
    as_json = {"Content-Type": "application/json"}
    assert sample.http.post(url, content="{", headers=as_json).status_code == 400


def test_a_listing_is_filtered_and_continues_where_it_broke_off(sample: Sample) -> None:
    names = [f"list-{n}" for n in range(5)]
    for name in names:
        sample.finish(sample.start("child", 1, name))
    sample.start("waits_for_event", instance="list-waits")
    sample.finish(sample.start("child", 1, "other"))
    query = {"instanceIdPrefix": "list-", "runtimeStatus": "Completed,Failed", "top": "2"}
    seen: list[str] = []
    token, pages = "", 0
    while pages == 0 or token:
        headers = {"x-ms-continuation-token": token}
        answer = sample.http.get(f"{BASE}/instances/", params=query, headers=headers)
        seen += [status["instanceId"] for status in answer.json()]
        token, pages = answer.headers["x-ms-continuation-token"], pages + 1
    assert (seen, pages) == (names, 3)


def test_a_listing_is_bounded_by_the_time_of_creation(sample: Sample) -> None:
    sample.finish(sample.start("child", 1))
    url = f"{BASE}/instances"
    assert len(sample.http.get(url, params={"createdTimeTo": "2020-01-01"}).json()) == 0
    assert len(sample.http.get(url, params={"createdTimeFrom": "2020-01-01"}).json()) == 1
    assert sample.http.get(url, params={"createdTimeTo": "soon"}).status_code == 400


def test_a_purge_by_time_takes_the_finished_ones_only(sample: Sample) -> None:
    for name in ("a", "b"):
        sample.finish(sample.start("child", 1, name))
    sample.start("waits_for_event", instance="busy")
    url = f"{BASE}/instances"
    assert sample.http.delete(url).status_code == 400
    since = {"createdTimeFrom": "2020-01-01T00:00:00.000000Z"}
    assert sample.http.delete(url, params=since).json() == {"instancesDeleted": 2}
    assert sample.http.delete(url, params=since).status_code == 404
    assert sample.http.delete(f"{url}/busy").status_code == 412
    assert sample.status("busy").status_code == 202


def test_the_sdk_client_understands_every_answer(sample: Sample) -> None:
    assert sample.client("status", "mine") is None
    assert sample.client("start", "mine") == "mine"
    sample.finish("mine")
    status = sample.client("status", "mine")
    assert (status["runtimeStatus"], status["output"], status["input"]) == ("Completed", 1, "1")
    assert sample.client("list", "mi") == ["mine"]
    assert "gone" in sample.client("event", "mine", 1)["raised"]
    assert "No instance" in sample.client("terminate", "unheard")["raised"]
    assert sample.client("purge", "mine") == 1
    assert sample.client("purge", "mine") == 0


def test_a_restart_runs_the_same_input_under_a_new_id(sample: Sample) -> None:
    first = sample.start("child", 3)
    sample.finish(first)
    links = sample.http.post(f"{BASE}/instances/{first}/restart")
    again = links.json()["id"]
    assert (links.status_code, again != first) == (202, True)
    assert sample.finish(again)["output"] == sample.status(first).json()["output"] == 9


def test_a_restart_under_the_same_id_waits_for_its_end(sample: Sample) -> None:
    running = sample.start("waits_for_event")
    query = {"restartWithNewInstanceId": "false"}
    refused = sample.http.post(f"{BASE}/instances/{running}/restart", params=query)
    assert refused.status_code == 409
    sample.http.post(f"{BASE}/instances/{running}/terminate")
    sample.finish(running)
    taken = sample.http.post(f"{BASE}/instances/{running}/restart", params=query)
    assert (taken.status_code, taken.json()["id"]) == (202, running)
