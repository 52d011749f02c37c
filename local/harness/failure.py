"""The one error of the harness: it could not do its work, which says nothing of the product."""


class HarnessFailed(Exception):
    """Look at what the message names; the run has proved nothing."""
