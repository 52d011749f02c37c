"""This package knows gold: how it is declared, and how it is made of silver."""
