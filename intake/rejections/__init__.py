"""Refused events on their way to error streams: told by the door, written in the background, bounded in rate and memory."""

from intake.rejections.rejections import RejectionLimits, Rejections

__all__ = ["RejectionLimits", "Rejections"]
