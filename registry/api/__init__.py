"""Schemas for machines: files, lists, differences, checks."""
