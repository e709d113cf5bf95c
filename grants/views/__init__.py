"""What students see of grants: the estimator for everybody, and the own grant."""

from grants.views.estimate import estimate

__all__ = ["estimate"]
