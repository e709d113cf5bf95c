"""Forms of the student's side. The address of the upload handler is named in settings."""
