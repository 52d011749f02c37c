"""An ADLS Gen2 endpoint on the local disk, for development and tests; never deployed."""

from local.datalake.process import RunningDatalake, start

__all__ = ["RunningDatalake", "start"]
