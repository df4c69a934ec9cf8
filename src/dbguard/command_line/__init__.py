"""The command line: what may be asked, and what is made of that: help, what was meant, completion, the reference."""
