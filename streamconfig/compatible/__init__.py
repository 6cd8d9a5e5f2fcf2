"""The reference's streamconfigs API, as text in and out."""
