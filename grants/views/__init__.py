"""The pages of the student's side: what a stay would bring, and one's own grant."""
