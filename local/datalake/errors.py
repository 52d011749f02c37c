"""The service's error codes with their statuses, and the exception that carries one to the answer.

Codes and statuses follow the error tables of the public "Azure Data Lake Storage Gen2 REST API"
and of "Blob service error codes".
"""

from enum import Enum


class Fault(Enum):
    """An error the service can answer with: status, code, and what the caller can do."""

    AUTHENTICATION_FAILED = (
        403,
        "AuthenticationFailed",
        "Sign the request with the account's key (SharedKey) and a current x-ms-date.",
    )
    CONDITION_NOT_MET = (
        412,
        "ConditionNotMet",
        "The path changed: read its ETag again before you repeat the request.",
    )
    NOT_MODIFIED = (304, "ConditionNotMet", "")
    DIRECTORY_NOT_EMPTY = (
        409,
        "DirectoryNotEmpty",
        "The directory is not empty: delete with recursive=true, or choose another destination.",
    )
    FILESYSTEM_ALREADY_EXISTS = (
        409,
        "FilesystemAlreadyExists",
        "The filesystem exists already: use it, or delete it first.",
    )
    FILESYSTEM_NOT_FOUND = (
        404,
        "FilesystemNotFound",
        "The filesystem does not exist: create it first.",
    )
    INTERNAL_ERROR = (500, "InternalError", "The server failed; its stderr has the traceback.")
    INVALID_DESTINATION_PATH = (
        409,
        "InvalidDestinationPath",
        "A file stands where the destination needs a directory: choose another destination.",
    )
    INVALID_FLUSH_POSITION = (
        400,
        "InvalidFlushPosition",
        "The data is not contiguous, or position is not the length of the file after it.",
    )
    INVALID_HEADER_VALUE = (400, "InvalidHeaderValue", "Correct the value of the header.")
    INVALID_INPUT = (400, "InvalidInput", "Correct the input.")
    INVALID_METADATA = (
        400,
        "InvalidMetadata",
        "Name metadata like a C# identifier, with printable ISO-8859-1 values.",
    )
    INVALID_QUERY_PARAMETER = (
        400,
        "InvalidQueryParameterValue",
        "Correct the value of the query parameter.",
    )
    INVALID_RANGE = (
        416,
        "InvalidRange",
        "The range starts behind the end: ask for bytes the file has.",
    )
    INVALID_RENAME_SOURCE = (
        409,
        "InvalidRenameSourcePath",
        "A directory cannot move to itself or below itself: choose another destination.",
    )
    INVALID_RESOURCE_NAME = (
        400,
        "InvalidResourceName",
        "Choose a name the service allows.",
    )
    INVALID_SOURCE_URI = (400, "InvalidSourceUri", "Give the source as /filesystem/path.")
    INVALID_URI = (400, "InvalidUri", "Address /account/filesystem/path, percent-encoded UTF-8.")
    KINDS_DIFFER = (
        409,
        "InvalidSourceOrDestinationResourceType",
        "A file replaces only a file and a directory only a directory: delete the other first.",
    )
    LEASE_ALREADY_PRESENT = (
        409,
        "LeaseAlreadyPresent",
        "Somebody holds a lease: wait until it expires, or break it.",
    )
    LEASE_BREAKING_NOT_ACQUIRED = (
        409,
        "LeaseIsBreakingAndCannotBeAcquired",
        "The lease is being broken: acquire it when the break period has passed.",
    )
    LEASE_BREAKING_NOT_CHANGED = (
        409,
        "LeaseIsBreakingAndCannotBeChanged",
        "The lease is being broken: acquire a new one when the break period has passed.",
    )
    LEASE_BROKEN_NOT_RENEWED = (
        409,
        "LeaseIsBrokenAndCannotBeRenewed",
        "The lease was broken: acquire a new one.",
    )
    LEASE_ID_MISMATCH = (
        412,
        "LeaseIdMismatchWithBlobOperation",
        "Another lease protects the path: use its id, or wait.",
    )
    LEASE_ID_MISMATCH_OF_LEASE = (
        409,
        "LeaseIdMismatchWithLeaseOperation",
        "The lease has another id: use the id that acquire returned.",
    )
    LEASE_ID_MISSING = (
        412,
        "LeaseIdMissing",
        "A lease protects the path: send its id as x-ms-lease-id.",
    )
    LEASE_LOST = (412, "LeaseLost", "The lease expired: acquire it again.")
    LEASE_NOT_PRESENT = (
        412,
        "LeaseNotPresentWithBlobOperation",
        "The path has no lease: leave the lease id out, or acquire a lease.",
    )
    LEASE_NOT_PRESENT_OF_LEASE = (
        409,
        "LeaseNotPresentWithLeaseOperation",
        "The path has no lease: acquire one first.",
    )
    LENGTH_MISSING = (
        411,
        "MissingContentLengthHeader",
        "Send Content-Length; chunked bodies are not taken.",
    )
    MD5_MISMATCH = (400, "Md5Mismatch", "The body is not what Content-MD5 says: send it again.")
    METADATA_TOO_LARGE = (
        400,
        "MetadataTooLarge",
        "Metadata, headers and ACL of one path share 3,500 bytes here: shorten them.",
    )
    MISSING_HEADER = (400, "MissingRequiredHeader", "Send the header.")
    MISSING_QUERY_PARAMETER = (400, "MissingRequiredQueryParameter", "Send the query parameter.")
    NOT_IMPLEMENTED = (
        501,
        "NotImplemented",
        "The local data lake does not offer this; docs/reference/local-datalake.md lists what it does.",
    )
    PARENT_NOT_FOUND = (
        404,
        "RenameDestinationParentPathNotFound",
        "The destination's parent directory does not exist: create it first.",
    )
    PATH_ALREADY_EXISTS = (
        409,
        "PathAlreadyExists",
        "The path exists already: choose another, or leave If-None-Match out to replace it.",
    )
    PATH_CONFLICT = (
        409,
        "PathConflict",
        "The path, or an element of it, exists as the other of file and directory.",
    )
    PATH_NOT_FOUND = (404, "PathNotFound", "The path does not exist: create it first.")
    RANGE_TOO_LARGE = (
        400,
        "OutOfRangeInput",
        "Content-MD5 of a range is computed for at most 4 MiB: ask for a smaller range.",
    )
    SERVER_BUSY = (
        503,
        "ServerBusy",
        "The file was flushed or replaced during this append: look at its length and repeat.",
    )
    SOURCE_CONDITION_NOT_MET = (
        412,
        "SourceConditionNotMet",
        "The source changed: read its ETag again before you repeat the request.",
    )
    SOURCE_NOT_FOUND = (404, "SourcePathNotFound", "The source of the rename does not exist.")
    WRONG_KIND = (
        409,
        "ResourceTypeMismatch",
        "The operation is for files and the path is a directory, or the reverse.",
    )

    @property
    def status(self) -> int:
        return self.value[0]

    @property
    def code(self) -> str:
        return self.value[1]

    @property
    def remedy(self) -> str:
        return self.value[2]


class Refused(Exception):
    """A request the service would answer with an error.

    Args:
        fault: the error to answer with.
        detail: what exactly was wrong, put before the fault's remedy.
    """

    def __init__(self, fault: Fault, detail: str = "") -> None:
        super().__init__(f"{detail} {fault.remedy}".strip())
        self.fault = fault
