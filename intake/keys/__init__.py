"""Producer keys in the database: their rows, who may do what with them, and how they reach every process."""
