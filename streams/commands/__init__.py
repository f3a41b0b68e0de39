"""What the command line does, one file per command; ``streams.cli`` only names and documents them."""
