"""What consumers get is what was agreed, byte for byte; `golden/` shows a change in review."""

import pytest
from consumption_models import FRESHNESS, GOLDEN, PLACES, WRITING, real_model

from lakehouse.consumption.writing import consumption_files, write_files


@pytest.mark.parametrize("name", ["spotify", "flights"])
def test_the_files_of_a_model_are_those_that_were_agreed(name: str) -> None:
    files = consumption_files(real_model(name), PLACES, FRESHNESS)
    if WRITING:
        write_files(GOLDEN / name, files)
    found = [path for path in (GOLDEN / name).rglob("*") if path.is_file()]
    agreed = {path.relative_to(GOLDEN / name).as_posix(): path for path in found}
    assert sorted(files) == sorted(agreed)
    for path, text in files.items():
        assert text == agreed[path].read_text(encoding="utf-8"), path


def test_the_same_model_gives_the_same_bytes() -> None:
    first, second = (consumption_files(real_model("spotify"), PLACES, {}) for _ in range(2))
    assert first == second
