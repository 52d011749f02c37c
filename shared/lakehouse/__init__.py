"""This package knows what is handed to the lakehouse and how its job is followed."""
