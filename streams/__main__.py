"""``python -m streams`` is the command line."""

from streams.cli import main

main()
