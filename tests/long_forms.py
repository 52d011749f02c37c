"""Whether tests try more of what their shorter forms show: `TIDEMARK_LONG=1`, as `make test-long` sets it."""

import os

LONG = os.environ.get("TIDEMARK_LONG") == "1"
