"""The command `eventclient`: one module for each verb."""
