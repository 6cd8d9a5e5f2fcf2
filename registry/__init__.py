"""Schema repositories, titles and versions: imported, checked, compiled, served, browsed."""
