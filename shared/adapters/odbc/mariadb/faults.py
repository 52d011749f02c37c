"""Which of MariaDB's error numbers mean what; see "MariaDB Error Codes" in its documentation."""

from __future__ import annotations

from shared.adapters.odbc.faults import Faults
from shared.loading.errors import (
    ColumnMissing,
    CredentialRejected,
    QueryRefused,
    SourceThrottled,
    SourceUnavailable,
    TableMissing,
)


class PrivilegeMissing(QueryRefused):
    """Grant the login what the message names, then rerun."""


FAULTS = Faults(
    native={
        1044: CredentialRejected,  # no right to this database
        1045: CredentialRejected,  # wrong user or password
        1049: CredentialRejected,  # no such database: the setting is at fault as well
        1130: CredentialRejected,  # this host may not connect
        1698: CredentialRejected,  # the login's method was refused
        4151: CredentialRejected,  # the account is locked
        1820: CredentialRejected,  # the password has expired
        1862: CredentialRejected,
        1040: SourceThrottled,  # too many connections
        1203: SourceThrottled,  # too many connections of this user
        1226: SourceThrottled,  # a resource limit of this user
        1205: SourceThrottled,  # a lock was not granted in time
        1317: SourceThrottled,  # cancelled by an operator
        1969: SourceThrottled,  # cancelled by a timeout (MariaDB)
        3024: SourceThrottled,  # cancelled by a timeout (MySQL)
        1053: SourceUnavailable,  # shutting down
        1152: SourceUnavailable,  # the connection was broken off
        1158: SourceUnavailable,  # the network failed
        1159: SourceUnavailable,
        1160: SourceUnavailable,
        1161: SourceUnavailable,
        1184: SourceUnavailable,
        1213: SourceUnavailable,  # deadlock
        1412: SourceUnavailable,  # altered after the snapshot was taken
        1927: SourceUnavailable,  # the session was killed
        2002: SourceUnavailable,  # nobody listens there
        2003: SourceUnavailable,
        2005: SourceUnavailable,  # no such host
        2006: SourceUnavailable,  # the connection is gone
        2013: SourceUnavailable,
        2055: SourceUnavailable,
        5013: SourceUnavailable,  # the connector could not read from the connection
        5014: SourceUnavailable,  # or not write to it
        1142: TableMissing,  # no right to this table
        1143: TableMissing,  # no right to this column
        1146: TableMissing,
        1109: TableMissing,
        1356: TableMissing,  # a view over what is gone or may not be read
        1054: ColumnMissing,
        1227: PrivilegeMissing,
    }
)
