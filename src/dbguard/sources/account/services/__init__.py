"""One module a service, found by its presence: `COLLECTIONS` says what it lists and how that is mapped."""
