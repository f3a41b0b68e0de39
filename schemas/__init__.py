"""What may be said: events, artefacts, reports and errors as pydantic models; imports nothing of the project."""
