"""Whatever is planted in whatever text: no secret comes out of the filter, and ordinary text comes out as it was."""

import json
import re
import string
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from shared.catalog import known_secrets
from shared.catalog.known_secrets import remember_secret
from shared.loading import errors
from shared.loading.errors import IngestError, SourceUnavailable
from shared.loading.redaction import redact_text
from tests.conftest import LONG
from web.api.problems import FieldError, bad_request

WORD = st.text(string.ascii_letters + string.digits, min_size=12, max_size=40).filter(
    lambda word: re.search(r"[0-9]", word) is not None
)
BASE64 = st.binary(min_size=64, max_size=64).map(lambda raw: b64encode(raw).decode())
# Ordinary text around it; quotes and braces would make another text of it.
AROUND = st.text(string.ascii_letters + " .,:()\n\täß", max_size=60)


def jwt(word: str) -> str:
    head = b64encode(b'{"alg":"RS256","typ":"JWT"}').decode().rstrip("=")
    body = b64encode(json.dumps({"sub": word}).encode()).decode().rstrip("=")
    return f"{head}.{body}.{word}"


# How a secret stands in texts; what is put into the braces must be gone.
FORMS = {
    "ODBC": "Driver={{ODBC Driver 18}};Server=a;UID=tidemark;PWD={};Database=b",
    "ODBC in braces": "Server=a;PWD={{{}}};Port=1",
    "ODBC with a doubled brace": "Server=a;PWD={{a}}}}{};b}};Port=1",
    "a password in quotes": "host=a password='{}' dbname=b",
    "an address": "postgresql://tidemark:{}@db.example.com:5432/shop",
    "an address without a name": "redis://:{}@cache:6379",
    "SAS": "https://a.blob.core.windows.net/c/f?sv=2024-11-04&sp=r&sig={}&se=2026",
    "a function key in a query": "https://a.azurewebsites.net/api/loads?code={}&x=1",
    "storage": "DefaultEndpointsProtocol=https;AccountName=a;AccountKey={};EndpointSuffix=b",
    "a service bus": "Endpoint=sb://a/;SharedAccessKeyName=b;SharedAccessKey={}",
    "a member of JSON": '{{"name": "a", "client_secret": "{}", "n": 1}}',
    "bearer": "Authorization: Bearer {}",
    "bearer alone": "the source refused bearer {} at 12:00",
    "basic": "proxy-authorization: Basic {}",
    "a header": "x-functions-key: {}",
    "a header of a dict": "{{'X-Api-Key': '{}', 'accept': 'a'}}",
    "a cookie": "Cookie: AppServiceAuthSession={}",
    "a setting": "TIDEMARK_DATABRICKS_TOKEN={}",
    "a form": "grant_type=client_credentials&client_secret={}&scope=read",
    "PEM": "-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----",
    "PEM that was cut": "-----BEGIN PRIVATE KEY-----\nMIIE{}",
    "Slack": "https://hooks.slack.com/services/T000/B000/{}",
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@settings(max_examples=25 if LONG else 10)
@given(word=WORD, before=AROUND, after=AROUND)
def test_no_secret_of_a_known_form_survives(form: str, word: str, before: str, after: str) -> None:
    assume(word not in before + after)
    assert word not in redact_text(f"{before} {form.format(word)} {after}")


@given(secret=st.one_of(WORD.map(jwt), BASE64), before=AROUND, after=AROUND)
def test_what_is_a_secret_wherever_it_stands_does_not_survive(
    secret: str, before: str, after: str
) -> None:
    assert secret not in redact_text(f"{before} {secret} {after}")
    assert secret not in redact_text(f'{before}"{secret}"{after}')


def know_nothing() -> None:
    known_secrets._known.clear()
    known_secrets._compile.cache_clear()


@pytest.fixture(autouse=True)
def forgetful() -> Iterator[None]:
    know_nothing()
    yield
    know_nothing()


ANY = st.text(min_size=16, max_size=60).filter(lambda text: len(text.strip()) >= 16)


@given(secret=ANY, before=AROUND, after=AROUND)
@example(secret=r"a\b\c\d\e\f\g\h\i", before="", after="")
def test_a_secret_that_is_known_survives_in_no_writing(
    secret: str, before: str, after: str
) -> None:
    secret = secret.strip()
    assume("*" not in secret and secret not in before + after)
    know_nothing()
    remember_secret(secret)
    for written in (secret, quote(secret, safe=""), quote(secret), repr(secret)[1:-1]):
        assert written not in redact_text(f"{before}{written}{after}")


@given(word=WORD, before=AROUND)
def test_of_a_known_connection_string_the_password_alone_is_known(word: str, before: str) -> None:
    assume(word not in before)
    know_nothing()
    remember_secret(f"Driver={{x}};Server=db;UID=me;PWD={{{word}}}")
    remember_secret(f"postgresql://me:{word}x@db/shop")
    assert word not in redact_text(f"{before} {word} is wrong, and so is {word}x")
    assert redact_text("Server db of me") == "Server db of me"


def test_a_short_secret_hides_only_the_word_that_it_is() -> None:
    remember_secret("postgres")
    remember_secret("abc")
    assert redact_text("postgres of postgresql, abc") == "*** of postgresql, abc"


def test_what_is_forgotten_is_the_oldest() -> None:
    for number in range(3_000):
        remember_secret(f"secret-number-{number:08}")
    assert len(known_secrets._known) <= 1_000
    assert redact_text("secret-number-00002999") == "***"


PAGES = sorted((Path(__file__).parents[2] / "docs").rglob("*.md"))
# A line that shows how a secret is written is no ordinary text.
SHOWS = re.compile(r"=|://|-key\"|KEY|SECRET|Token|DataLakeServiceClient")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_prose_of_the_docs_is_ordinary_text(page: Path) -> None:
    lines = [line for line in page.read_text().splitlines() if not SHOWS.search(line)]
    assert [line for line in lines if redact_text(line) != line] == []


KINDS = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, IngestError)
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_the_remedies_are_ordinary_text(kind: type[IngestError]) -> None:
    remedy = kind("x").failure.remedy
    assert redact_text(remedy) == remedy


@given(st.text(string.ascii_letters + string.digits + " .,;()[]/_-#%", max_size=300))
def test_text_without_a_sign_of_a_secret_is_left_alone(text: str) -> None:
    assume(
        not re.search(
            r"basic|bearer|shared|eyJ|dapi|gh[oprsu]_|xox|[\w+/-]{86}", text, re.IGNORECASE
        )
    )
    assert redact_text(text) == text


def test_errors_and_problems_go_through_the_filter() -> None:
    told = "connection to postgresql://me:s3cretpw@db refused"
    assert "s3cretpw" not in SourceUnavailable(told).failure.message
    problem = bad_request(FieldError(field="password=s3cretpw", message=told))
    assert "s3cretpw" not in json.dumps(problem.body)


def test_the_filter_takes_no_longer_for_hostile_text() -> None:
    for hostile in (
        "token" * 20_000,
        "-----BEGIN " * 5_000,
        "a://" * 20_000,
        "Basic " + "a" * 100_000,
    ):
        redact_text(hostile)
