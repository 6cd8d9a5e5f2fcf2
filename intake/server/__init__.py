"""The server of the role intake: uvicorn with a protocol of ours that has deadlines, limits and a polite end."""
