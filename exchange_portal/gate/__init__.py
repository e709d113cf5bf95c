"""What a request has to pass before anything of it is read: how much it brings, and how many come.

`rules` says literally what is allowed where, `counting` counts, `middleware` asks both.
"""
