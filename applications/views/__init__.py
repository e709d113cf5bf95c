"""The pages of the student's side. Each asks `access` for its objects and `lifecycle` to act."""
