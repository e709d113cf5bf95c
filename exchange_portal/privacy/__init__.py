"""Privacy: the own data as a file, how long data is kept, and how it goes."""
