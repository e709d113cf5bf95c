"""The audit log as the office and administrators read it."""

from applications.admin.audit.pages import AuditEntryAdmin

__all__ = ["AuditEntryAdmin"]
