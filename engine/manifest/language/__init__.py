"""JMESPath that reads and Jinja that writes: texts in, checked and compiled expressions out."""
