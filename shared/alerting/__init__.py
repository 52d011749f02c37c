"""This package knows what is wrong and since when, what is to be said of it, and by which channels."""
