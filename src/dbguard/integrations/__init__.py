"""What dbguard is to other tools, and what they are to it."""
