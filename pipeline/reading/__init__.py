"""From a PDF to passages."""
