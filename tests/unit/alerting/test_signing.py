"""Webhooks are signed as Standard Webhooks says."""

import base64

import pytest

from shared.alerting.signing import read_keys, sign

# The example of the specification.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"test": 2432232314}'


def test_the_signature_is_that_of_the_specification() -> None:
    headers = sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, BODY, read_keys(SECRET))
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_two_secrets_give_two_signatures_while_one_takes_over() -> None:
    other = f"whsec_{base64.b64encode(b'k' * 32).decode()}"
    signed = sign("m", 1, BODY, read_keys(f"{SECRET} {other}"))["webhook-signature"].split()
    assert signed[0] == sign("m", 1, BODY, read_keys(SECRET))["webhook-signature"]
    assert len(set(signed)) == 2


def test_without_a_secret_there_is_no_signature() -> None:
    assert "webhook-signature" not in sign("m", 1, BODY, ())


@pytest.mark.parametrize("text", ["plain", "whsec_", "whsec_!!", "whsec_c2hvcnQ="])
def test_a_secret_that_is_none_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ValueError, match="whsec_ and 24") as refused:
        read_keys(text)
    assert text not in str(refused.value) or text == "whsec_"
