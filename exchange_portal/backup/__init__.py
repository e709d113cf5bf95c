"""Backup and restore: the database and the uploaded files at one consistent instant.

`snapshot` counts and hashes the rows of an instant, `dumping` writes a backup of it, `restoring`
brings one back, `afterwards` sets right what time went on without, `manifest` says what is in one,
`programs` finds PostgreSQL's own programs.
"""
