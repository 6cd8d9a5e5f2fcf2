"""The client contract, version 1, as pure functions: no network, no thread, no clock of its own."""

CONTRACT = 1
