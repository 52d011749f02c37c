"""Makes conditions at random, of pieces that both engines are to take alike."""

from random import Random

NUMBERS = (
    "n",
    "`select`",
    "`we``ird`",
    "length(code)",
    "abs(n)",
    "-n",
    "n + 1",
    "n * 2 - 1",
    "n % 3",
)
DECIMALS = ("amount", "rate", "-amount", "abs(rate)", "amount + 1", "rate - 0.5", "amount * 2")
DOUBLES = ("x", "f", "x / 2", "CAST(n AS DOUBLE)", "abs(x)", "f - 1", "x + 1e0", "2 * x")
TEXTS = ("code", "Name", "`a.b`", "trim(Name)", "substring(code, 1, 2)", "code || Name")
TIMES = ("at", "zoned", "at + INTERVAL 1 HOUR", "zoned - INTERVAL 2 DAYS", "CAST(d AS TIMESTAMP)")
DAYS = ("d", "CAST(at AS DATE)", "d + INTERVAL 1 DAY", "d - INTERVAL 30 DAYS")
LITERALS = {
    NUMBERS: ("0", "1", "3", "-7", "5", "2.5", "NULL"),
    DECIMALS: ("0", "0.1", "-0.01", "10.5", "1", "99.999", "NULL"),
    DOUBLES: ("0", "1e-1", "1.5e0", "-1", "3", "NULL"),
    TEXTS: ("''", "'abc'", "'a'", "'Ann'", "'ABC'", "'日本🎉'", "'a.b'", "NULL"),
    TIMES: ("'2026-01-31'", "TIMESTAMP '2026-01-31 12:00:00'", "'1900-01-01T00:00:00Z'", "NULL"),
    DAYS: ("'2026-01-31'", "DATE '1900-01-01'", "DATE '2026-02-01'", "NULL"),
}
COMPARISONS = ("=", "<>", "<", "<=", ">", ">=", "<=>")
PATTERNS = ("a%", "%b%", "_nn", "___", "%", "", "%\\\\%%", "A.B")
EXPRESSIONS = ("^a", "[A-Z]", "^.{3}$", "n+$", "^(abc|ABC)", "[^a-z]", "b", "^$", "[0-9]|%")


def random_rule(random: Random, depth: int = 3) -> str:
    """Make a condition of so many levels at most."""
    if depth == 0 or random.random() < 0.2:
        return _simple(random)
    one, other = random_rule(random, depth - 1), random_rule(random, depth - 1)
    return random.choice(
        (
            f"({one} AND {other})",
            f"({one} OR {other})",
            f"NOT ({one})",
            f"CASE WHEN {one} THEN {other} ELSE ok END",
            f"coalesce({one}, {other})",
            f"if({one}, {other}, NULL)",
            f"({one}) = ({other})",
            f"({one}) IS NOT TRUE",
        )
    )


def _simple(random: Random) -> str:
    kind = random.choice(list(LITERALS))
    own = random.choice(kind)
    others = [random.choice((*LITERALS[kind], *kind)) for _ in range(3)]
    made = [
        f"{own} {random.choice(COMPARISONS)} {others[0]}",
        f"{own} {random.choice(('', 'NOT '))}IN ({', '.join(others)})",
        f"{own} {random.choice(('', 'NOT '))}BETWEEN {others[0]} AND {others[1]}",
        f"{own} IS {random.choice(('', 'NOT '))}NULL",
        f"coalesce({random.choice(('n', '`select`'))}, {random.choice('013')}) > 1",
        "ok",
    ]
    if kind is TEXTS:
        made += [
            f"{own} {random.choice(('', 'NOT '))}LIKE '{random.choice(PATTERNS)}'",
            f"{own} RLIKE '{random.choice(EXPRESSIONS)}'",
            f"contains({own}, {random.choice(TEXTS)})",
            f"startswith({own}, 'a')",
        ]
    return random.choice(made)
