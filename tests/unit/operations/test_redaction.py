"""What is kept of what others sent holds no secret."""

import json

import pytest

from shared.operations.redaction import LONGEST_BODY, redact


@pytest.mark.parametrize(
    "body",
    [
        '{"data": {"apiKey": "s3cret", "n": 1}}',
        '{"client_secret" : "s3cr\\"et s3cret"}',
        '{"url": "https://a.example/b?sv=1&sig=s3cret"}',
        '{"connection": "Server=a;Uid=b;Pwd={s3cret};Port=1"}',
        '{"connection": "AccountName=a;AccountKey=s3cret==;EndpointSuffix=b"}',
        '{"connection": "postgresql://me:s3cret@host/db"}',
        '{"accessToken": "s3cret',
        '{"token": 12s3cret}',
        b"Authorization=s3cret\xff",
    ],
)
def test_a_secret_is_not_kept(body: str | bytes) -> None:
    assert "s3cret" not in redact(body).text


def test_what_is_no_secret_stays_as_it_is() -> None:
    body = {
        "id": "1",
        "subject": "shop/public.token",
        "data": {"url": "https://a.example/landing/key.csv", "eTag": "0x8D", "sequencer": "0A"},
    }
    text = json.dumps(body)
    assert redact(text).text == text
    assert not redact(text).cut


def test_json_stays_json() -> None:
    text = '{"data": {"apiKey": "s3cret", "password": null, "n": 1}}'
    assert json.loads(redact(text).text) == {"data": {"apiKey": "***", "password": "***", "n": 1}}


def test_a_long_body_is_cut_and_says_so() -> None:
    found = redact("x" * 10 * LONGEST_BODY)
    assert (len(found.text), found.cut) == (LONGEST_BODY, True)
    assert not redact("x" * LONGEST_BODY).cut


def test_a_long_body_takes_no_longer_than_what_is_kept_of_it() -> None:
    hostile = '"' + "key_" * 500_000
    assert redact(hostile).cut
