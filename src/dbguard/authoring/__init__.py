"""What policy authors need: policy files checked and compiled, and their examples judged."""
