"""The values that templates are given: files of them, and runs with several sets."""
