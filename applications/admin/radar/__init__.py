"""The page "Nomination radar": every partner and semester with its deadline, late ones on top."""

from applications.admin.radar.pages import radar

__all__ = ["radar"]
