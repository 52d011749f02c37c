"""This package knows how to run Tidemark whole on one machine, for development and tests. Never deployed."""
