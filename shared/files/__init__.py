"""This package knows what arrives as files: which versions there are, how each is read, and what is set aside."""
