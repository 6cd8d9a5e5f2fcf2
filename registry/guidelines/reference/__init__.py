"""The rules of jsonschema-tools 1.3.0 to the letter, so that a repository's CI can change tools without surprises.

Where that tool dies of a TypeError instead of giving a verdict, these say what is meant.
"""
