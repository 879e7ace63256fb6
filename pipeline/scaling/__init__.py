"""The same stages on many machines."""
