"""Who holds which place after the publication, who would be next, and the second round."""
