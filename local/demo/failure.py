"""What ends the demo early."""


class DemoFailed(Exception):
    """The demo cannot go on. The message says why and what to do."""
