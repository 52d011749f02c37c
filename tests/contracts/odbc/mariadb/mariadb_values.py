"""Any table of the published MariaDB types, with any values, and what has to come back of them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import strategies as st

FIRST, LAST = datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999_999)  # noqa: DTZ001 - of no zone
# Those that a timestamp can hold.
FIRST_INSTANT, LAST_INSTANT = datetime(1970, 1, 1, 0, 0, 1), datetime(2038, 1, 19, 3, 14, 7)  # noqa: DTZ001
LONGEST_TIME = timedelta(hours=838, minutes=59, seconds=59)


class Refused:
    """What cannot land."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A value as SQL writes it, and what lands of it."""

    sql: str
    lands: object


NULL = Value(sql="NULL", lands=None)
Drawn = st.SearchStrategy[Value]
TEXT = st.text(st.characters(codec="utf-8"), max_size=40)
LONG_TEXT = st.one_of(TEXT, st.builds(lambda text: text * 5_000, TEXT))
BYTES = st.binary(max_size=40)


def numbers(low: int, high: int, lands: Callable[[int], object] = int) -> Drawn:
    return st.integers(low, high).map(lambda n: Value(sql=str(n), lands=lands(n)))


def decimals(precision: int, scale: int) -> Drawn:
    def value(unscaled: int) -> Value:
        exact = Decimal((int(unscaled < 0), tuple(map(int, str(abs(unscaled)))), -scale))
        return Value(sql=f"{exact:f}", lands=exact)

    most = 10**precision - 1
    return st.integers(-most, most).map(value)


def floats(width: int) -> Drawn:
    # A literal has no sign of zero.
    drawn = st.floats(width=width, allow_nan=False, allow_infinity=False).map(lambda x: x + 0.0)  # pyright: ignore[reportArgumentType]
    return drawn.map(lambda x: Value(sql=f"{x!r}e0" if "e" not in repr(x) else repr(x), lands=x))


def texts(drawn: st.SearchStrategy[str], lands: Callable[[str], str] = str) -> Drawn:
    return drawn.map(lambda t: Value(sql=f"_utf8mb4 x'{t.encode().hex()}'", lands=lands(t)))


def blobs(drawn: st.SearchStrategy[bytes], length: int = 0) -> Drawn:
    return drawn.map(lambda b: Value(sql=f"x'{b.hex()}'", lands=b.ljust(length, b"\0")))


def moments(first: datetime, last: datetime, digits: int, zone: object = None) -> Drawn:
    def value(moment: datetime) -> Value:
        step = 10 ** (6 - digits)
        whole = moment.replace(microsecond=moment.microsecond // step * step)
        return Value(sql=f"'{whole.isoformat(' ')}'", lands=whole.replace(tzinfo=zone))  # pyright: ignore[reportArgumentType] - a zone or none

    return st.datetimes(first, last).map(value)


def days() -> Drawn:
    real = st.dates(date.min, date.max).map(lambda d: Value(sql=f"'{d}'", lands=d))
    return real | st.sampled_from(refused("'0000-00-00'", "'2024-00-15'", "'2024-02-00'"))


def times() -> Drawn:
    def value(of: timedelta) -> Value:
        seconds, rest = divmod(abs(of) // timedelta(microseconds=1), 10**6)
        clock = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{rest:06d}"
        text = f"-{clock}" if of < timedelta() else clock
        return Value(sql=f"'{text}'", lands=text)

    return st.timedeltas(-LONGEST_TIME, LONGEST_TIME).map(value)


def refused(*values: str) -> tuple[Value, ...]:
    return tuple(Value(sql=value, lands=Refused) for value in values)


ZERO = st.sampled_from(refused("'0000-00-00 00:00:00'", "'2024-00-15 12:00:00'"))
NO_INSTANT = st.sampled_from(refused("0"))

COLUMNS: dict[str, Drawn] = {
    "tinyint": numbers(-(2**7), 2**7 - 1),
    "tinyint unsigned": numbers(0, 2**8 - 1),
    "smallint": numbers(-(2**15), 2**15 - 1),
    "smallint unsigned": numbers(0, 2**16 - 1),
    "mediumint": numbers(-(2**23), 2**23 - 1),
    "mediumint unsigned": numbers(0, 2**24 - 1),
    "int": numbers(-(2**31), 2**31 - 1),
    "int unsigned": numbers(0, 2**32 - 1),
    "bigint": numbers(-(2**63), 2**63 - 1),
    "bigint unsigned": numbers(0, 2**64 - 1, Decimal),
    "bigint(12) zerofill": numbers(0, 2**64 - 1, Decimal),
    "bit(1)": numbers(0, 1, bool),
    "bit(17)": numbers(0, 2**17 - 1),
    "bit(64)": numbers(0, 2**64 - 1, Decimal),
    "year": numbers(1901, 2155),
    "decimal(5,5)": decimals(5, 5),
    "decimal(18,6)": decimals(18, 6),
    "decimal(38,0)": decimals(38, 0),
    "decimal(39,38)": decimals(39, 38),
    "decimal(65,30)": decimals(65, 30),
    "float": floats(32),
    "double": floats(64),
    "date": days(),
    "datetime": moments(FIRST, LAST.replace(microsecond=0), 0) | ZERO,
    "datetime(4)": moments(FIRST, LAST, 4) | ZERO,
    "datetime(6)": moments(FIRST, LAST, 6) | ZERO,
    "timestamp": moments(FIRST_INSTANT, LAST_INSTANT, 0, UTC) | NO_INSTANT,
    "timestamp(6)": moments(FIRST_INSTANT, LAST_INSTANT, 6, UTC) | NO_INSTANT,
    "time(6)": times(),
    "char(40)": texts(TEXT, lambda text: text.rstrip(" ")),
    "varchar(40)": texts(TEXT),
    "varchar(300) character set utf16": texts(TEXT),
    "text": texts(TEXT),
    "longtext": texts(LONG_TEXT),
    "enum('','a','größer')": texts(st.sampled_from(["", "a", "größer"])),
    "binary(40)": blobs(BYTES, 40),
    "varbinary(40)": blobs(BYTES),
    "blob": blobs(BYTES),
    "longblob": blobs(st.one_of(BYTES, st.builds(lambda part: part * 5_000, BYTES))),
    "uuid": st.uuids(version=4).map(lambda u: Value(sql=f"'{str(u).upper()}'", lands=str(u))),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A table: its declared columns, and its rows."""

    declared: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(f"c{number}" for number in range(len(self.declared)))

    @property
    def refused(self) -> set[str]:
        """The columns with a value that cannot land."""
        return {n for row in self.rows for n, v in zip(self.names, row) if v.lands is Refused}  # noqa: B905 - of one length


@st.composite
def drawings(draw: st.DrawFn) -> Drawing:
    declared = tuple(draw(st.lists(st.sampled_from(sorted(COLUMNS)), min_size=1, max_size=8)))
    row = st.tuples(*[st.just(NULL) | COLUMNS[each] for each in declared])
    return Drawing(declared=declared, rows=tuple(draw(st.lists(row, max_size=5))))
