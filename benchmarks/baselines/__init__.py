"""What others build from the parts at hand: each file is a program with the commands of ``program``."""
