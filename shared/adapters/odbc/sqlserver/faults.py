"""Which errors of SQL Server and Azure SQL mean what."""

from __future__ import annotations

from collections.abc import Mapping

from shared.adapters.odbc.faults import Faults
from shared.loading.errors import (
    ColumnMissing,
    CredentialRejected,
    IngestError,
    QueryRefused,
    SnapshotUnavailable,
    SourceThrottled,
    SourceUnavailable,
    TableMissing,
    ValueUnsupported,
)


class StateHidden(QueryRefused):
    """Grant the login VIEW SERVER STATE, on Azure SQL Database VIEW DATABASE STATE; then rerun."""


# See "Database Engine events and errors", for Azure "Troubleshoot connectivity issues and other
# errors" and "Resource governance errors". Those from 10050 to 11004 are errors of the network as
# Windows numbers them, on Linux too.

# Busy: the same succeeds once others have finished.
_THROTTLED = (
    1204,  # the server has no locks left
    1205,  # chosen as the victim of a deadlock
    1222,  # a lock was not granted in time
    8628,  # timed out while waiting to make a plan
    8645,  # timed out while waiting for memory
    8651,  # less memory than the query needs at least
    10928,  # Azure: limit of sessions or requests reached
    10929,  # Azure: the same, above what is guaranteed
    10930,  # Azure: limit of workers of a pool
    10936,  # Azure: limit of requests of a pool
    17809,  # no connections left
    40501,  # Azure: the service is busy
    40549,  # Azure: ended for a long transaction
    40550,  # Azure: ended for too many locks
    40551,  # Azure: ended for its use of tempdb
    40553,  # Azure: ended for its use of memory
    49918,  # Azure: not enough resources
    49919,  # Azure: too many operations that create or update
    49920,  # Azure: too many operations of the subscription
)

# Away for a while, or changed under the reader: the same succeeds later, on a new snapshot.
_UNAVAILABLE = (
    64,  # the connection was lost during the login
    121,  # the network gave no answer in time
    233,  # nobody at the other end
    601,  # rows moved under a scan
    615,  # the table's number is not that of the plan: its database was moved
    922,  # the database is being recovered
    926,  # the database is suspect; Azure shows this while a failover ends
    927,  # the database is being restored
    976,  # the replica does not serve reads now
    983,  # the replica is neither primary nor secondary now
    3957,  # a snapshot met a database under recovery
    3958,  # a row version is gone: the database was made to drop them
    3960,  # a conflict with another transaction
    3961,  # the table was altered since the snapshot was taken
    3966,  # the store of row versions was full
    4221,  # Azure: a secondary waits for row versions
    6005,  # shutting down
    10053,  # the connection was closed on this side
    10054,  # the connection was closed on the other side
    10060,  # no answer to a connection
    10061,  # a connection was refused
    11001,  # no such host: names also fail to resolve for a while
    17142,  # the server is paused
    17197,  # the login timed out
    17830,  # the login timed out on the network
    18401,  # the server is starting
    40143,  # Azure: a data node is failing over
    40166,  # Azure: the database is being reconfigured
    40197,  # Azure: an upgrade or a failover
    40540,  # Azure: the same, inside 40197
    40613,  # Azure: the database is not available now, or was paused
    41301,  # memory-optimized: a transaction that this one read from failed
    41302,  # memory-optimized: a conflict with another transaction
    41305,  # memory-optimized: a row that was read has changed
    41325,  # memory-optimized: a range that was read has changed
    41839,  # memory-optimized: too many transactions to wait for
    42108,  # a paused pool of Synapse
    42109,  # the same, resuming
)

# The setting or a permission is wrong, and stays so.
_REJECTED = (
    916,  # the login may not enter the database
    4060,  # no such database for this login. Azure shows it in a failover too, and so would a typo
    4064,  # the login's default database cannot be opened
    18452,  # the login is from a domain that is not trusted
    18456,  # no such login, or a wrong password, or a token for somebody else
    18470,  # the login is disabled
    18486,  # the login is locked
    18487,  # the password has expired
    18488,  # the password must be changed first
    40532,  # Azure: the login names another server
    40615,  # Azure: the firewall does not let this address in
    40914,  # Azure: the server does not let this subnet in
    47073,  # Azure: the server takes private connections only
)

_NATIVE: Mapping[type[IngestError], tuple[int, ...]] = {
    SourceThrottled: _THROTTLED,
    SourceUnavailable: _UNAVAILABLE,
    CredentialRejected: _REJECTED,
    TableMissing: (
        208,  # no such object
        229,  # no permission on the object
        15151,  # no such object, or no permission to it
    ),
    ColumnMissing: (
        207,  # no such column
        230,  # no permission on the column
    ),
    # What a bound says is no value of the cursor's type, or a value is none of the type it travels in.
    ValueUnsupported: (220, 241, 242, 244, 248, 295, 8114, 8115, 9807),
    SnapshotUnavailable: (
        3952,  # the database does not allow the level SNAPSHOT
        3996,  # a linked server under the level SNAPSHOT
        41332,  # a memory-optimized table behind a view under the level SNAPSHOT
        41368,  # the same in a transaction at another level
    ),
    StateHidden: (
        262,  # no permission in the database
        297,  # no permission for this
        300,  # no permission on the server
    ),
}

FAULTS = Faults(native={number: kind for kind, numbers in _NATIVE.items() for number in numbers})
