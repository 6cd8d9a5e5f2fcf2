"""Pure rules from JSON Schema and events to what stores hold: columns, values, names."""
