"""Tests of pipeline.indexing."""
