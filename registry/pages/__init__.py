"""Schemas for people: the catalogue, a version with its tabs."""
