"""How it is joined: the graph, the runners, the command line and the one composition root."""
