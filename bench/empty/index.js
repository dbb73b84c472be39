// Nothing: what is left of an update is the engine and its language host.
