"""What is wrong with the table files, said so that it can be put right."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One fault in one file.

    `line` counts from 1; it is 0 where no single line is at fault. `field` is the path from the
    root of the file with indices from 0, as in `tables[2].watermark.kind`; it is empty for the
    file as a whole. `message` says what is wrong and what to write instead, and never repeats a
    value that may be a secret.
    """

    file: str
    line: int
    field: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return ": ".join(part for part in (place, self.field, self.message) if part)


class CatalogInvalid(Exception):
    """Correct the table files at the lines listed; nothing has run."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(problems)
        self.problems = problems

    def __str__(self) -> str:
        count = len(self.problems)
        noun = "problem" if count == 1 else "problems"
        return "\n".join([f"{count} {noun} in the table files", *map(str, self.problems)])
