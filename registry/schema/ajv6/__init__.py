"""How an event breaks its schema, as Ajv 6.12 says it to EventGate's clients: which errors, where, in which words and order.

Ajv writes a program for each schema; what is kept here is what that program does. Wherever our validator and Ajv judge
alike, so do the errors; the rules that schemas of a registry never use (`$data`, custom keywords) are left out.
"""
