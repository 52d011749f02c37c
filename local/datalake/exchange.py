"""Lets two files on disk swap places at once: renameat2(2) with RENAME_EXCHANGE."""

import ctypes
import os

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_libc = ctypes.CDLL(None, use_errno=True)


def exchange(one: str, other: str) -> None:
    """Swap what stands at two paths of one filesystem; at no moment is either missing.

    Raises:
        OSError: a path is missing, or the filesystem cannot do it.
    """
    paths = os.fsencode(one), os.fsencode(other)
    if _libc.renameat2(_AT_FDCWD, paths[0], _AT_FDCWD, paths[1], _RENAME_EXCHANGE) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), one, None, other)
