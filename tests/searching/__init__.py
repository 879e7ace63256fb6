"""Tests of pipeline.searching."""
