"""The demo's source data: real flights and an invented music service, in PostgreSQL."""
