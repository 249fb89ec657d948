"""A revision for each released schema, on top of the one before it. What is released is never changed."""
