"""How each language writes a name and a text, whatever characters it holds."""

import re

from lakehouse.errors import LakehouseError

_CONTROL = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]")
_PLAIN_TMDL = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BLANK = re.compile(r"\s+")
_NOT_IN_FILES = re.compile(r"[^A-Za-z0-9_.-]|^\.")


class NameUnquotable(LakehouseError):
    """Rename it: a control character, such as a line break, has no safe form in every language."""


def name(text: str) -> str:
    """Give a name that may be quoted. Raises NameUnquotable if it holds a control character."""
    if not text or _CONTROL.search(text):
        raise NameUnquotable(f"{text!r} is empty or holds a control character")
    return text


def one_line(text: str) -> str:
    """Give a text on one line, without control characters: for comments and descriptions."""
    return _CONTROL.sub(" ", _BLANK.sub(" ", text)).strip()


def file_name(text: str) -> str:
    """Write a name as that of a file or folder: each byte of any other character as `~XX`."""
    return _NOT_IN_FILES.sub(
        lambda found: "".join(f"~{byte:02X}" for byte in found[0].encode()), name(text)
    )


def tsql_name(text: str) -> str:
    """Quote an identifier of T-SQL."""
    return _bracketed(text)


def tsql_text(text: str) -> str:
    """Quote a text of T-SQL; on one line, for sqlcmd ends a batch at a line that says GO."""
    return "N'" + one_line(text).replace("'", "''") + "'"


def spark_name(text: str) -> str:
    """Quote an identifier of Spark SQL."""
    return "`" + name(text).replace("`", "``") + "`"


def spark_text(text: str) -> str:
    """Quote a text of Spark SQL, where a backslash escapes."""
    return "'" + one_line(text).replace("\\", "\\\\").replace("'", "\\'") + "'"


def tmdl_name(text: str) -> str:
    """Quote an object's name in TMDL, where it needs it."""
    if _PLAIN_TMDL.fullmatch(name(text)):
        return text
    return "'" + text.replace("'", "''") + "'"


def tmdl_value(text: str) -> str:
    """Write the value of a text property in TMDL, which is taken as it stands unless it is quoted."""
    value = name(text)
    if value.startswith('"') or value != value.strip():
        return '"' + value.replace('"', '""') + '"'
    return value


def m_text(text: str) -> str:
    """Quote a text of Power Query, where #( begins an escape."""
    return '"' + name(text).replace("#(", "#(#)(").replace('"', '""') + '"'


def dax_table(text: str) -> str:
    """Quote a table of DAX."""
    return "'" + name(text).replace("'", "''") + "'"


def dax_column(text: str) -> str:
    """Quote a column or measure of DAX."""
    return _bracketed(text)


def tableau_name(text: str) -> str:
    """Quote a field of Tableau."""
    return _bracketed(text)


def _bracketed(text: str) -> str:
    return "[" + name(text).replace("]", "]]") + "]"
