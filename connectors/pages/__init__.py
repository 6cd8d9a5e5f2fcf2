"""Pages about connectors: the list, one connector, kinds of stores, and the form that makes and changes one."""
