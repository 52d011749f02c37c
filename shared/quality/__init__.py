"""This package knows whether what was read may be landed."""
