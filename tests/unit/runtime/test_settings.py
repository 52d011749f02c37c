"""What the app reads from its environment, and what it refuses."""

import pytest

from shared.runtime.settings import Settings, SettingsIncomplete

NEEDED = {"TIDEMARK_LAKE_URL": "l", "TIDEMARK_STATE_URL": "s", "TIDEMARK_TABLES": "t"}


@pytest.mark.parametrize(
    ("said", "paused"), [(None, False), ("", False), ("true", True), ("False", False)]
)
def test_the_app_is_paused_where_it_is_said(said: str | None, paused: bool) -> None:  # noqa: FBT001 - a case
    more = {"TIDEMARK_PAUSED": said} if said is not None else {}
    assert Settings.from_env({**NEEDED, **more}).paused is paused


def test_a_switch_that_is_neither_on_nor_off_is_refused() -> None:
    with pytest.raises(SettingsIncomplete, match="TIDEMARK_PAUSED"):
        Settings.from_env({**NEEDED, "TIDEMARK_PAUSED": "yes please"})
