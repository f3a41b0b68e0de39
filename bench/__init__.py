"""How fast: one command, one JSON and one picture; ours beside what a user would write, in the same run."""
