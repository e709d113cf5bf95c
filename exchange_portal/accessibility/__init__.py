"""What is known of the portal's accessibility: results of the tests, and the barriers left."""
