"""The operations page: what is known of loads as HTML, and forms for what can be done about them."""
