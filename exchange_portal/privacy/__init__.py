"""Privacy: own data, retention, erasure."""
