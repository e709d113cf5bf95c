"""Partner data in the admin.

What a person may do comes from `has_perm` (applications.access); which rows, from the person's
`faculty_ids`: agreements and their seats are the faculty's own, the office (None) has them all.
"""

from partners.admin import agreements, hosts, networks, nominations

__all__ = ["agreements", "hosts", "networks", "nominations"]
