"""The International Office's desk for awards: what is to do, the list, and the page of each."""

from grants.admin.awards.listing import GrantAwardAdmin

__all__ = ["GrantAwardAdmin"]
