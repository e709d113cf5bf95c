"""What students see of grants: the estimator for everybody, and the own grant."""
