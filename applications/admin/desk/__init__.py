"""The review desk: the queue of a call's applications and the file of each."""
