"""From passages to a published generation of the index: encode → vectors, catalog → store."""
