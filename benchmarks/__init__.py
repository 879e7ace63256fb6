"""Speed and quality runs, each a program of its own."""
