"""NCRONTAB expressions: what they allow, and what is refused."""

import pytest

from shared.catalog import parse_schedule


def test_every_field_is_expanded() -> None:
    schedule = parse_schedule("0 */20 8-10 1,15 jan-mar/2,Dec MON-Fri")

    assert schedule.seconds == {0}
    assert schedule.minutes == {0, 20, 40}
    assert schedule.hours == {8, 9, 10}
    assert schedule.days == {1, 15}
    assert schedule.months == {1, 3, 12}
    assert schedule.weekdays == {1, 2, 3, 4, 5}


def test_a_start_with_a_step_runs_to_the_end_of_its_unit() -> None:
    assert parse_schedule("5/20 * * * * *").seconds == {5, 25, 45}


def test_a_leap_day_comes() -> None:
    assert parse_schedule("0 0 0 29 2 *").days == {29}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("* * * * *", r"has 5 fields; write six .*: put a 0 for the seconds in front"),
        ("0 * * * * * *", "has 7 fields"),
        ("@daily", "has 1 fields"),
        ("60 * * * * *", "the second field cannot hold '60'; write 0 to 59"),
        ("0 0 24 * * *", "the hour field cannot hold '24'"),
        ("0 0 0 0 * *", "the day field cannot hold '0'"),
        ("0 0 0 * 13 *", "the month field cannot hold '13'; write 1 to 12 or jan to dec"),
        ("0 0 0 * * 7", "the weekday field cannot hold '7'; write 0 to 6 or sun to sat"),
        ("0 0 0 * * monday", "the weekday field cannot hold 'monday'"),
        ("0 0 0 * mon *", "the month field cannot hold 'mon'"),
        ("0 0 0 L * *", "the day field cannot hold 'L'"),
        ("0 0 0 ? * *", r"the day field cannot be '\?'"),
        ("0 */0 * * * *", "the minute field has the step 0"),
        ("0 */60 * * * *", "the minute field has the step 60"),
        ("0 30-10 * * * *", "the minute field runs backwards in '30-10'; split it in two"),
        ("0 1,,2 * * * *", "the minute field cannot be ''"),
        ("0 -1 * * * *", "the minute field cannot be '-1'"),
        ("0 ٣ * * * *", "the minute field cannot hold"),
        ("0 0 0 31 4,6 *", "never comes: no such month has day 31"),
    ],
)
def test_a_schedule_that_the_trigger_would_not_take_is_refused(text: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        parse_schedule(text)
