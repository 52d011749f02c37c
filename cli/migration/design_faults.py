"""Faults that can be seen in a pipeline's JSON, without running it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cli.migration.finding import Finding
from cli.migration.pipeline import Activity, Pipeline

_MAX = re.compile(r"\bmax\s*\(", re.IGNORECASE)
_STRICTLY_ABOVE = re.compile(r">(?!=)")
_STAR = re.compile(r"\bselect\s+\*", re.IGNORECASE)
# What the address of a Logic App, a function or a storage account carries as its secret.
_SECRET = re.compile(r"https?://[^\s\"']*[?&](sig|code|sv)=", re.IGNORECASE)
_FAILURE = {"failed", "completed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fault:
    number: str
    seen: Callable[[Activity], bool]
    found: str
    done: str


def find_design_faults(pipeline: Pipeline) -> Iterator[Finding]:
    """Give each fault once, with the names of all activities that show it."""
    for fault in _FAULTS:
        names = tuple(each.name for each in pipeline.activities if fault.seen(each))
        if names:
            yield Finding(fault=fault.number, where=names, found=fault.found, done=fault.done)


def _queries(activity: Activity) -> Iterator[str]:
    """Give the SQL of a copy, a lookup or a script."""
    yield activity.text("typeProperties", "source", "sqlReaderQuery")
    scripts = activity.field("typeProperties", "scripts")
    for script in scripts.items() if scripts is not None and scripts.is_list else ():
        text = script.fields().get("text") if script.is_object else None
        if text is not None and text.is_object:
            text = text.fields().get("value")
        if text is not None and isinstance(text.value, str):
            yield text.value


def _reads(activity: Activity) -> str:
    """Give the query by which a copy reads a table."""
    return activity.text("typeProperties", "source", "sqlReaderQuery") if _copies(activity) else ""


def _copies(activity: Activity) -> bool:
    return activity.type == "Copy"


def _takes_max_behind_a_copy(activity: Activity) -> bool:
    # A maximum that bounds the copy is taken before it; one within a condition comes after it.
    return "IfCondition" in activity.within and any(
        _MAX.search(query) for query in _queries(activity)
    )


def _outputs(activity: Activity) -> Iterator[tuple[str, str]]:
    """Give folder and file of every dataset that an activity names, as text or expression."""
    places = [activity.field("typeProperties", "dataset")]
    for side in ("inputs", "outputs"):
        listed = activity.field(side)
        places += listed.items() if listed is not None and listed.is_list else ()
    for place in places:
        if place is not None:
            named = Activity(name="", type="", node=place, within=())
            yield named.text("parameters", "folder"), named.text("parameters", "file")


def _names_file_by_the_clock(activity: Activity) -> bool:
    return _copies(activity) and any(
        "utcnow(" in file.lower() or "variables(" in file for _, file in _outputs(activity)
    )


def _names_file_without_ending(activity: Activity) -> bool:
    return _names_file_by_the_clock(activity) and not any(
        ".parquet" in file for _, file in _outputs(activity)
    )


def _shares_a_watermark(activity: Activity) -> bool:
    return any(
        file == "cdc.json" and folder.strip("/").rsplit("/", 1)[-1].lower() == "cdc"
        for folder, file in _outputs(activity)
    )


def _overwrites_a_watermark(activity: Activity) -> bool:
    listed = activity.field("outputs")
    return (
        _copies(activity)
        and listed is not None
        and "cdc.json" in {file for _, file in _outputs(activity)}
    )


def _loops(activity: Activity) -> bool:
    return activity.type == "ForEach"


def _runs_on_failure(activity: Activity) -> bool:
    listed = activity.field("dependsOn")
    for each in listed.items() if listed is not None and listed.is_list else ():
        conditions = each.fields().get("dependencyConditions") if each.is_object else None
        for word in conditions.items() if conditions is not None and conditions.is_list else ():
            if isinstance(word.value, str) and word.value.lower() in _FAILURE:
                return True
    return False


def _tells_no_error(activity: Activity) -> bool:
    body = activity.text("typeProperties", "body").lower()
    return activity.type == "WebActivity" and _runs_on_failure(activity) and "error" not in body


def _never_retries(activity: Activity) -> bool:
    retry = activity.field("policy", "retry")
    return retry is not None and retry.value == 0


def _truncates(activity: Activity) -> bool:
    settings = ("typeProperties", "translator", "typeConversionSettings", "allowDataTruncation")
    allowed = activity.field(*settings)
    return allowed is not None and allowed.value is True


_FAULTS = (
    _Fault(
        number="F1",
        seen=_takes_max_behind_a_copy,
        found="takes MAX() of the table after the copy: rows committed in between are lost",
        done="the bound of a load is fixed at the source before its first row is read",
    ),
    _Fault(
        number="F2",
        seen=lambda each: bool(_STRICTLY_ABOVE.search(_reads(each))),
        found="reads above a value that open transactions may still write below",
        done="progress stops at a fence: the oldest open transaction, or a margin (`settle`)",
    ),
    _Fault(
        number="F3",
        seen=lambda each: bool(_STRICTLY_ABOVE.search(_reads(each))),
        found="reads strictly above the watermark: later rows equal to it are lost",
        done="the highest value stays open until a later one has been seen",
    ),
    _Fault(
        number="F7",
        seen=_names_file_by_the_clock,
        found="names its file by the clock: a repeated run lands the same rows again",
        done="a run appears once, by one rename, under the id of its order and table",
    ),
    _Fault(
        number="F8",
        seen=_overwrites_a_watermark,
        found="overwrites the watermark file unconditionally, and keeps no history",
        done="watermarks are moved by compare-and-set, in Table Storage, with their history",
    ),
    _Fault(
        number="F9",
        seen=_shares_a_watermark,
        found="has one watermark file for whatever table it is run with",
        done="each table has a watermark of its own",
    ),
    _Fault(
        number="F10",
        seen=lambda each: "from_date" in _reads(each),
        found="reads a backfill without an end, after which the watermark is moved",
        done="`tidemark backfill` reads a period with an end and leaves the watermark alone",
    ),
    _Fault(
        number="F11",
        seen=lambda each: each.type == "Delete",
        found="writes a file first and deletes it if it is empty",
        done="a load that finds nothing writes nothing",
    ),
    _Fault(
        number="F12",
        seen=lambda each: any("output.dataRead" in text for text in each.texts()),
        found="decides by `dataRead`, which counts bytes, not rows",
        done="receipts count rows",
    ),
    _Fault(
        number="F13",
        seen=lambda each: _loops(each) and _is_true(each, "typeProperties", "isSequential"),
        found="loads one table after the other, since its variable belongs to the whole pipeline",
        done="tables load side by side, up to `max_connections`",
    ),
    _Fault(
        number="F14",
        seen=_runs_on_failure,
        found="runs when something has failed, and by succeeding makes the pipeline succeed",
        done="an order with a failed table is failed",
    ),
    _Fault(
        number="F15",
        seen=_tells_no_error,
        found="alerts without the table, the error or the status",
        done="an alert names each failed table, its error and the remedy",
    ),
    _Fault(
        number="F16",
        seen=_never_retries,
        found="is never tried again (retry 0)",
        done="what may pass is tried again; a rerun takes up only what failed",
    ),
    _Fault(
        number="F17",
        seen=lambda each: any("@{" in query for query in _queries(each)),
        found="puts SQL together from parameters as text",
        done="names are quoted and values are bound",
    ),
    _Fault(
        number="F18",
        seen=lambda each: any(_SECRET.search(text) for text in each.texts()),
        found="holds an address with its secret: revoke it, it stays in the history of the files",
        done="nothing of it was read into the table file; secrets stand in settings only",
    ),
    _Fault(
        number="F19",
        seen=lambda each: _truncates(each) or bool(_STAR.search(_reads(each))),
        found="copies whatever columns there are, or lets values be cut to fit",
        done="a value is exact or refused by name; `on_drift` decides about new columns",
    ),
    _Fault(
        number="F20",
        seen=_names_file_without_ending,
        found="writes files with a colon in their name and without .parquet",
        done="names of files are safe for URLs and Hadoop",
    ),
    _Fault(
        number="F21",
        seen=lambda each: any(file == "empty.json" for _, file in _outputs(each)),
        found="needs an empty.json that somebody has to put there first",
        done="nothing has to be prepared by hand",
    ),
)


def _is_true(activity: Activity, *path: str) -> bool:
    node = activity.field(*path)
    return node is not None and node.value is True
