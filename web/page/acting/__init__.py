"""What can be done from the page: each a form, and the API's own function behind it."""
