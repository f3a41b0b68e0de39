"""What is done: one file per stage, pure helpers beside them, engines below; asks for the world through Protocols."""
