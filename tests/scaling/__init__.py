"""Tests of the stores beside a folder."""
