"""This package knows how the parts are put together: settings, wiring, logging. The composition root."""
