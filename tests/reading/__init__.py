"""Tests of pipeline.reading."""
