"""Two editions of a paper → what changed."""
