"""This package knows the vendors: one sub-package for each system that Tidemark talks to."""
