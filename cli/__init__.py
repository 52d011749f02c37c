"""The command line `tidemark`: orders loads and shows how they stand, here or on Azure."""

__version__ = "0.1.0"
