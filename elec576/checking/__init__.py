"""A user's own claims: parsing, the runs that they need, answers."""
