"""This package knows what is shown of loads: the ledger of orders and runs, and the state of tables."""
