"""Another model by configuration and SQL alone, driven as a task of the job drives it."""

import json
from argparse import Namespace
from datetime import date, timedelta
from pathlib import Path

import pytest
from gold_rig import BEGAN, ROOT, Gold, Row, Silver, at
from pyspark.sql import SparkSession

from lakehouse.delta import Lake
from lakehouse.gold.command import run_gold
from lakehouse.gold.dates import days
from lakehouse.gold.reading import read_model
from lakehouse.main import main

MODEL = ROOT / "lakehouse" / "models" / "flights"
HANDOVER = "bronze/_handover/00000001.json"
TABLES = {
    "nycflights/nyc.airlines": (("carrier",), {"carrier": "string", "name": "string"}),
    "nycflights/nyc.airports": (
        ("faa",),
        {
            "faa": "string",
            "name": "string",
            "lat": "double",
            "lon": "double",
            "alt": "int",
            "tz": "smallint",
            "dst": "string",
            "tzone": "string",
        },
    ),
    "nycflights/nyc.planes": (
        ("tailnum",),
        {
            "tailnum": "string",
            "year": "smallint",
            "type": "string",
            "model": "string",
            "manufacturer": "string",
            "engines": "smallint",
            "seats": "smallint",
            "speed": "smallint",
            "engine": "string",
            "change_no": "bigint",
        },
    ),
    "nycflights/nyc.weather": (
        ("origin", "time_hour"),
        {
            "origin": "string",
            "time_hour": "timestamp",
            "temp": "double",
            "wind_speed": "double",
            "precip": "double",
            "visib": "double",
        },
    ),
    "nycflights/nyc.flights": (
        ("year", "month", "day", "carrier", "flight", "origin"),
        {
            "year": "smallint",
            "month": "smallint",
            "day": "smallint",
            "dep_time": "smallint",
            "dep_delay": "smallint",
            "arr_delay": "smallint",
            "carrier": "string",
            "flight": "smallint",
            "tailnum": "string",
            "origin": "string",
            "dest": "string",
            "air_time": "smallint",
            "distance": "smallint",
            "time_hour": "timestamp",
        },
    ),
}


def flight(number: int, hour: int, delay: int | None, **values: object) -> Row:
    said = {"year": 2024, "month": 1, "day": 1, "carrier": "UA", "origin": "JFK", "dest": "BOS"}
    left = None if delay is None else 600 + delay
    when = BEGAN + timedelta(hours=hour)
    timed = {"time_hour": when, "dep_delay": delay, "dep_time": left, "distance": 187}
    return {**said, "flight": number, "tailnum": "N1", **timed, **values}


@pytest.fixture
def silver(lake: Lake) -> Silver:
    silver = Silver(lake=lake, tables=TABLES)
    silver.put("nycflights/nyc.airlines", {"carrier": "UA", "name": "United"})
    airports = ({"faa": faa, "name": f"{faa} airport", "lat": 40.0} for faa in ("JFK", "BOS"))
    silver.put("nycflights/nyc.airports", *airports)
    silver.put("nycflights/nyc.planes", {"tailnum": "N1", "year": 2001, "seats": 100})
    hours = [{"origin": "JFK", "time_hour": at(0) + timedelta(hours=h)} for h in (8, 9)]
    silver.put("nycflights/nyc.weather", *({**hour, "wind_speed": 30.0} for hour in hours))
    late = [flight(number, 8, 10 * number) for number in range(1, 6)]
    silver.put("nycflights/nyc.flights", *late, flight(6, 9, None), flight(7, 9, 5, dest="PSE"))
    return silver


def write_handover(silver: Silver) -> None:
    number = silver.hand_over().number
    tables = [
        {"table": name, "target": f"bronze/{name}", "silver": f"silver/{name}", "key": list(key)}
        | {"soft_delete": None, "valid_from": None, "quality": [], "until": 1, "runs": []}
        for name, (key, _) in TABLES.items()
    ]
    file = Path(silver.lake.root, HANDOVER)
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"format": 1, "number": number, "tables": tables}))


def test_flights_are_built_by_configuration_and_sql_alone(
    silver: Silver, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_handover(silver)
    fresh = tmp_path / "fresh.json"
    run_gold(silver.lake, Namespace(model=MODEL, handover=HANDOVER, freshness=fresh))
    assert "gold/flights/fact_flight: whole, 7 rows written" in capsys.readouterr().out
    gold = Gold(lake=silver.lake, model=read_model(MODEL))
    facts = {row["flight"]: row for row in gold.rows("fact_flight")}
    airports = {row["airport_sk"]: row["faa"] for row in gold.rows("dim_airport")}
    assert (airports[facts[1]["origin_sk"]], airports[facts[1]["destination_sk"]]) == ("JFK", "BOS")
    assert facts[7]["destination_sk"] == -1
    assert facts[6]["cancelled"]
    assert facts[1]["date_key"] == 20240101
    (delays,) = gold.rows("delays_per_carrier_and_month")
    assert (delays["flights"], delays["cancelled"], delays["carrier_name"]) == (7, 1, "United")
    assert delays["departure_delay"] == (10 + 20 + 30 + 40 + 50 + 5) / 6
    (worst,) = gold.rows("worst_weather_hours")
    assert (worst["hour_start"], worst["departures"], worst["wind_mph"]) == (
        at(0) + timedelta(hours=8),
        5,
        30.0,
    )
    routes = {(row["origin"], row["dest"]): row["flights"] for row in gold.rows("busiest_routes")}
    assert routes == {("JFK", "BOS"): 6, ("JFK", "PSE"): 1}

    out = tmp_path / "out"
    main(["consume", "--model", str(MODEL), "--out", str(out), "--freshness", str(fresh)])
    assert "by hand-over 1" in (out / "catalogue.html").read_text()


def test_days_of_the_calendar_have_iso_weeks(spark: SparkSession) -> None:
    found = days(spark, read_model(MODEL).table("dim_date")).collect()
    rows = {row["date"]: row for row in found}
    assert len(rows) == (date(2030, 12, 31) - date(2010, 1, 1)).days + 2
    for day, row in rows.items():
        if day is not None:
            assert (row["iso_year"], row["iso_week"], row["weekday"]) == tuple(day.isocalendar())
            assert row["week_start"] == day - timedelta(days=day.weekday())
            assert (row["month_name"], row["weekday_name"]) == (f"{day:%B}", f"{day:%A}")
    assert rows[None]["date_key"] == -1
