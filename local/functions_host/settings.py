"""What host.json and the app settings say, read once."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from local.functions_host.errors import BadHostFile, UnresolvedSetting

_SETTING = re.compile(r"%([^%]+)%")
_TIME_SPAN = re.compile(r"(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2})")


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSettings:
    """The part of host.json that this host heeds.

    `function_timeout` is None where nothing is said: the local host then waits for ever.
    """

    route_prefix: str
    hub_name: str
    max_activities: int
    max_orchestrators: int
    default_version: str | None
    function_timeout: timedelta | None


def read_host_file(app_dir: Path, environ: Mapping[str, str]) -> HostSettings:
    """Read host.json of an app.

    Raises:
        BadHostFile: it is missing, is not JSON, or a value has the wrong form.
        UnresolvedSetting: it refers to an app setting that is not there.
    """
    path = app_dir / "host.json"
    try:
        document: Any = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadHostFile(f'{path} is missing; {{"version": "2.0"}} is enough') from None
    except ValueError as error:
        raise BadHostFile(f"{path} is not JSON: {error}") from error
    extensions = _section(document, "extensions", path)
    http = _section(extensions, "http", path)
    durable = _section(extensions, "durableTask", path)
    return HostSettings(
        route_prefix=str(http.get("routePrefix", "api")).strip("/"),
        hub_name=resolve(str(durable.get("hubName", "TestHubName")), environ),
        max_activities=_positive(durable, "maxConcurrentActivityFunctions", 10, path),
        max_orchestrators=_positive(durable, "maxConcurrentOrchestratorFunctions", 5, path),
        default_version=durable.get("defaultVersion"),
        function_timeout=_timeout(document.get("functionTimeout"), path),
    )


def resolve(text: str, environ: Mapping[str, str]) -> str:
    """Put the app setting NAME in the place of every `%NAME%`.

    Raises:
        UnresolvedSetting: the setting is missing.
    """

    def value(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in environ:
            raise UnresolvedSetting(
                f"{text!r} names the app setting {name}, which is not set; "
                f"set the environment variable {name}"
            )
        return environ[name]

    return _SETTING.sub(value, text)


def _section(parent: dict[str, Any], name: str, path: Path) -> dict[str, Any]:
    section = parent.get(name, {})
    if not isinstance(section, dict):
        raise BadHostFile(f"{path}: {name} must be an object")
    return section


def _positive(section: dict[str, Any], name: str, default: int, path: Path) -> int:
    value = section.get(name, default)
    if not isinstance(value, int) or value < 1:
        raise BadHostFile(f"{path}: {name} must be a whole number above 0, not {value!r}")
    return value


def _timeout(value: object, path: Path) -> timedelta | None:
    if value is None or value == "-1":
        return None
    match = _TIME_SPAN.fullmatch(str(value))
    if match is None:
        raise BadHostFile(f'{path}: functionTimeout must look like "00:05:00", not {value!r}')
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
