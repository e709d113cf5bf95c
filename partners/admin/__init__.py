"""Partner data in the admin.

What a person may do comes from `has_perm` (applications.access); which rows, from the person's
`faculty_ids`: agreements and their seats are the faculty's own, the office (None) has them all.

Nomination deadlines name columns of lists and testimonials keep files: what both need stands
above, so their pages are in `applications.admin`.
"""

from partners.admin import agreements, hosts, networks

__all__ = ["agreements", "hosts", "networks"]
