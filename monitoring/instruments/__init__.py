"""Is my instrument live and correct? What clients are told, what their events say in return, and the next step."""
